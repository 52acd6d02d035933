// Lines, words and numbers of a log, each with its place.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/errors/error.hpp"
#include "sim/units/units.hpp"

namespace seqspan::profiles {

// Lines and columns count from 1.
struct Word {
  std::string_view text;
  std::int64_t column = 1;
};

struct Line {
  std::int64_t number = 1;
  std::string_view text;
  std::vector<Word> words;  // separated by blanks
};

// The views point into `text`.
[[nodiscard]] std::vector<Line> lines_of(std::string_view text);

// "file:line:column"
[[nodiscard]] std::string place(const std::string& file, std::int64_t line, std::int64_t column);
[[nodiscard]] std::string place(const std::string& file, const Line& line, const Word& word);

[[nodiscard]] bool is_count(std::string_view text);

// More than 0 and finite. Errors: kInput at the word; `what` says what it should have been.
[[nodiscard]] sim::Result<double> positive(const std::string& file, const Line& line,
                                           const Word& word, std::string_view what);
// At least 0.
[[nodiscard]] sim::Result<double> not_negative(const std::string& file, const Line& line,
                                               const Word& word, std::string_view what);
// A number of bytes; K, M and G are powers of 1024, as in the options of nccl-tests.
[[nodiscard]] sim::Result<sim::Bytes> size_in_bytes(const std::string& file, const Line& line,
                                                    const Word& word);

// "# Ranks: 16" or "ranks: 16" into "ranks" and where "16" starts; an empty key if the line is no
// such thing.
struct HeaderEntry {
  std::string key;  // lower case
  std::string_view value;
  std::int64_t column = 1;  // of the value
};
[[nodiscard]] HeaderEntry header_entry(const Line& line);

}  // namespace seqspan::profiles
