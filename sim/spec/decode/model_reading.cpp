#include "sim/spec/decode/model_reading.hpp"

#include <fmt/format.h>

#include <utility>

#include "sim/spec/json/check_field.hpp"

namespace seqspan::sim {

tl::unexpected<Error> ModelReading::refuse(const std::string& key, std::string what,
                                           std::string why, std::string fix) const {
  return json::error_at(value_, path_, key, std::move(what), std::move(why), std::move(fix));
}

Result<void> ModelReading::check_given(std::initializer_list<NeededKey> needed,
                                       const char* because) const {
  for (const auto& [key, given] : needed) {
    if (given) continue;
    return refuse(key, fmt::format("'{}' is missing", key),
                  fmt::format("{} {}", name_of(config_.family), because),
                  "take it from the config.json of the model");
  }
  return {};
}

}  // namespace seqspan::sim
