#include "cli/render/facts_json.hpp"

#include <nlohmann/json.hpp>
#include "cli/render/format_version.hpp"

namespace seqspan::cli {

std::string facts_json(std::initializer_list<Fact> facts) {
  nlohmann::ordered_json object{{"format_version", kFormatVersion}};
  for (const Fact& fact : facts) {
    std::visit([&](const auto& value) { object[std::string(fact.key)] = value; }, fact.value);
  }
  return object.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace seqspan::cli
