#include "profiles/replay/published/words.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace seqspan::profiles::published {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

}  // namespace

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

std::string plain(std::string_view name) {
  if (const std::size_t slash = name.rfind('/'); slash != std::string_view::npos) {
    name.remove_prefix(slash + 1);
  }
  std::string result = lower(name);
  std::erase_if(result, [](char c) { return !is_word(c); });
  return result;
}

bool says(std::string_view text, std::string_view word) {
  return lower(text).find(word) != std::string::npos;
}

bool says_one_of(std::string_view text, const std::vector<const char*>& words) {
  return std::any_of(words.begin(), words.end(),
                     [text](const char* word) { return says(text, word); });
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  bool inside = false;
  for (const char c : lower(text)) {
    if (!is_word(c)) {
      inside = false;
      continue;
    }
    if (!inside) words.emplace_back();
    words.back().push_back(c);
    inside = true;
  }
  return words;
}

bool has_word(std::string_view text, std::string_view word) {
  const std::vector<std::string> words = words_of(text);
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::vector<std::int64_t> numbers_after(std::string_view text, std::string_view key) {
  const std::string small = lower(text);
  std::vector<std::int64_t> numbers;
  for (std::size_t at = small.find(key); at != std::string::npos; at = small.find(key, at + 1)) {
    if (at > 0 && is_word(small[at - 1])) continue;
    std::size_t start = at + key.size();
    while (start < small.size() &&
           (small[start] == ' ' || small[start] == '=' || small[start] == ':')) {
      ++start;
    }
    std::int64_t number = 0;
    const char* const last = small.data() + small.size();
    const auto [end, error] = std::from_chars(small.data() + start, last, number);
    if (error != std::errc() || number < 1 || number > (std::int64_t{1} << 30)) continue;
    const char unit = end != last ? *end : ' ';
    numbers.push_back(unit == 'k' ? number * 1024 : unit == 'm' ? number * 1024 * 1024 : number);
  }
  return numbers;
}

std::optional<std::int64_t> number_after(std::string_view text, std::string_view key) {
  const std::vector<std::int64_t> numbers = numbers_after(text, key);
  return numbers.empty() ? std::nullopt : std::optional(numbers.front());
}

std::optional<double> number_before(std::string_view text, std::size_t end) {
  while (end > 0 && text[end - 1] == ' ') --end;
  std::size_t start = end;
  while (start > 0 && (is_digit(text[start - 1]) || text[start - 1] == '.')) --start;
  double number = 0;
  const auto [last, error] = std::from_chars(text.data() + start, text.data() + end, number);
  if (error != std::errc() || last != text.data() + end) return std::nullopt;
  return number;
}

}  // namespace seqspan::profiles::published
