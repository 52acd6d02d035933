#include "profiles/replay/published/row_parts.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace seqspan::profiles::published {

void add_once(std::vector<std::string>& list, const std::string& text) {
  if (std::find(list.begin(), list.end(), text) == list.end()) list.push_back(text);
}

void add_all(std::vector<std::string>& list, const std::vector<std::string>& more) {
  for (const std::string& text : more) add_once(list, text);
}

void append(std::vector<std::string>& settings, const std::vector<std::string>& more) {
  settings.insert(settings.end(), more.begin(), more.end());
}

std::optional<std::int64_t> product(std::initializer_list<std::int64_t> factors) {
  std::int64_t result = 1;
  for (const std::int64_t factor : factors) {
    if (factor <= 0 || result > (std::int64_t{1} << 40) / factor) return std::nullopt;
    result *= factor;
  }
  return result;
}

std::string tokens_text(std::int64_t tokens) {
  return tokens % 1024 == 0 ? fmt::format("{}K", tokens / 1024) : fmt::format("{}", tokens);
}

}  // namespace seqspan::profiles::published
