// A file of document lengths, one line each: a whole number, or a JSON object (JSONL) whose member
// "length" is one; the other members are ignored. Empty lines are skipped.
//
// Cost: a million lines of numbers well under 0.1 s, of JSON objects under 1 s
// (docs/performance.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/errors/error.hpp"
#include "sim/spec/documents.hpp"
#include "sim/units/units.hpp"

namespace seqspan::sim {

inline constexpr Bytes kLargestLengthsFile{256 * kMebi};

// `shown`: what messages call the file. Errors: kInput, at "file:line": what is no length, a length
// below 1 or above kLongestDocument, an object without "length"; a file without lengths.
[[nodiscard]] Result<std::vector<std::int64_t>> parse_lengths(std::string_view text,
                                                              const std::string& shown);

}  // namespace seqspan::sim
