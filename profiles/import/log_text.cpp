#include "profiles/import/log_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <optional>

#include "sim/errors/quote.hpp"

namespace seqspan::profiles {
namespace {

constexpr std::int64_t kLargestLogSize = std::int64_t{1} << 50;
constexpr std::string_view kBlanks = " \t\r";

bool is_blank(char c) { return kBlanks.find(c) != std::string_view::npos; }

std::vector<Word> words_of(std::string_view line) {
  std::vector<Word> words;
  std::size_t at = 0;
  while (true) {
    while (at < line.size() && is_blank(line[at])) ++at;
    if (at == line.size()) return words;
    const std::size_t start = at;
    while (at < line.size() && !is_blank(line[at])) ++at;
    words.push_back({line.substr(start, at - start), static_cast<std::int64_t>(start) + 1});
  }
}

std::optional<double> number_in(std::string_view text) {
  double value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

sim::Result<double> checked(const std::string& file, const Line& line, const Word& word,
                            std::string_view what, bool zero) {
  const std::optional<double> value = number_in(word.text);
  if (value && (*value > 0 || (zero && *value == 0))) return *value;
  return sim::input_error(fmt::format("{} cannot be {}", what, sim::quote(word.text)),
                          place(file, line, word),
                          fmt::format("it must be a number {} 0", zero ? "of at least" : "above"));
}

std::int64_t scale_of(char suffix) {
  switch (suffix) {
    case 'K':
      return sim::kKibi;
    case 'M':
      return sim::kMebi;
    case 'G':
      return sim::kGibi;
    default:
      return 0;
  }
}

}  // namespace

std::vector<Line> lines_of(std::string_view text) {
  std::vector<Line> lines;
  std::size_t start = 0;
  while (start < text.size()) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    const std::string_view line = text.substr(start, end - start);
    lines.push_back({static_cast<std::int64_t>(lines.size()) + 1, line, words_of(line)});
    start = end + 1;
  }
  return lines;
}

std::string place(const std::string& file, std::int64_t line, std::int64_t column) {
  return fmt::format("{}:{}:{}", file, line, column);
}

std::string place(const std::string& file, const Line& line, const Word& word) {
  return place(file, line.number, word.column);
}

bool is_count(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return std::isdigit(static_cast<unsigned char>(c)) != 0;
  });
}

sim::Result<double> positive(const std::string& file, const Line& line, const Word& word,
                             std::string_view what) {
  return checked(file, line, word, what, false);
}

sim::Result<double> not_negative(const std::string& file, const Line& line, const Word& word,
                                 std::string_view what) {
  return checked(file, line, word, what, true);
}

sim::Result<sim::Bytes> size_in_bytes(const std::string& file, const Line& line, const Word& word) {
  std::string_view digits = word.text;
  std::int64_t scale = digits.empty() ? 0 : scale_of(digits.back());
  if (scale != 0) {
    digits.remove_suffix(1);
  } else {
    scale = 1;
  }
  std::int64_t count = -1;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  if (failure == std::errc{} && end == digits.data() + digits.size() && count >= 0 &&
      count <= kLargestLogSize / scale) {
    return sim::Bytes(count * scale);
  }
  return sim::input_error(
      fmt::format("a size cannot be {}", sim::quote(word.text)), place(file, line, word),
      "it must be a whole number of bytes up to 2^50; K, M and G are powers of 1024");
}

HeaderEntry header_entry(const Line& line) {
  std::string_view text = line.text;
  const std::size_t start = text.find_first_not_of("# \t");
  const std::size_t colon = text.find(':');
  if (start == std::string_view::npos || colon == std::string_view::npos || colon <= start) {
    return {};
  }
  HeaderEntry entry;
  for (const char c : text.substr(start, colon - start)) {
    if (std::isalpha(static_cast<unsigned char>(c)) == 0 && c != '_') return {};
    entry.key += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  std::size_t value = colon + 1;
  while (value < text.size() && is_blank(text[value])) ++value;
  std::size_t end = text.size();
  while (end > value && is_blank(text[end - 1])) --end;
  entry.value = text.substr(value, end - value);
  entry.column = static_cast<std::int64_t>(value) + 1;
  return entry;
}

}  // namespace seqspan::profiles
