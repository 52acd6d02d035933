// Text to a json::Value, strictly as RFC 8259 has it: no comments, no trailing commas, no NaN.
//
// Refused beyond the grammar: duplicate keys, invalid UTF-8, numbers outside 64-bit integers or
// finite doubles, more than kDeepest levels, texts over kLargestFile.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sim/errors/error.hpp"
#include "sim/spec/json/value.hpp"
#include "sim/units/units.hpp"

namespace seqspan::sim::json {

inline constexpr int kDeepest = 64;
inline constexpr Bytes kLargestFile{4 * kMebi};

// `origin` is the file's name in messages.
// Errors: kInput, located by line and column.
[[nodiscard]] Result<Value> parse(std::string_view text, std::string_view origin);

}  // namespace seqspan::sim::json
