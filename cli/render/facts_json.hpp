// Small answers as one JSON object.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace seqspan::cli {

struct Fact {
  std::string_view key;
  std::variant<std::string, std::vector<std::string>> value;
};

// {"format_version": "1.0", the facts in their order}, indented, with a final newline.
[[nodiscard]] std::string facts_json(std::initializer_list<Fact> facts);

}  // namespace seqspan::cli
