// Taking exported text apart.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace seqspan::planner::export_check {

// What stands behind the first `key` until a space, a comma, a bracket or the end of the line.
inline std::string after(std::string_view text, std::string_view key) {
  const std::size_t at = text.find(key);
  if (at == std::string_view::npos) return "";
  const std::string_view rest = text.substr(at + key.size());
  return std::string(rest.substr(0, rest.find_first_of(" ,)\n")));
}

// The number behind `key`; `otherwise` where there is none, -1 where it is no number.
inline std::int64_t number_after(std::string_view text, std::string_view key,
                                 std::int64_t otherwise) {
  const std::string value = after(text, key);
  if (value.empty()) return otherwise;
  char* end = nullptr;
  const long long number = std::strtoll(value.c_str(), &end, 10);
  return *end == 0 ? number : -1;
}

inline bool says(std::string_view text, std::string_view what) {
  return text.find(what) != std::string_view::npos;
}

}  // namespace seqspan::planner::export_check
