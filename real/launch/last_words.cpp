#include "real/launch/last_words.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

namespace seqspan::real {
namespace {

constexpr char kMark = '\x1E';
constexpr std::string_view kHere = "here";
constexpr std::string_view kExit = "exit ";

bool is_failure(int code) { return code > 1; }

void tell(const std::string& word) {
  if (is_launched()) (void)!write(STDERR_FILENO, word.data(), word.size());
}

}  // namespace

bool is_launched() { return std::getenv(kLaunchedVariable) != nullptr; }

std::string first_word() { return fmt::format("{}{}\n", kMark, kHere); }

std::string last_word(int exit_code) { return fmt::format("{}{}{}\n", kMark, kExit, exit_code); }

void tell_launcher_of_start() { tell(first_word()); }

void tell_launcher(int exit_code) { tell(last_word(exit_code)); }

std::string LastWords::take(std::string_view text) {
  std::string passed;
  for (const char letter : text) {
    if (letter == kMark) {
      is_in_word_ = true;
      word_.clear();
    } else if (!is_in_word_) {
      if (!has_failed()) passed += letter;
    } else if (letter == '\n') {
      is_in_word_ = false;
      note(word_);
    } else {
      word_ += letter;
    }
  }
  return passed;
}

void LastWords::note(std::string_view word) {
  if (word == kHere) ++started_;
  if (word.substr(0, kExit.size()) != kExit) return;
  word.remove_prefix(kExit.size());
  int code = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), code);
  if (error == std::errc() && end == word.data() + word.size()) codes_.push_back(code);
}

std::optional<int> LastWords::verdict() const {
  if (codes_.empty()) return std::nullopt;
  const auto failed = std::find_if(codes_.begin(), codes_.end(), is_failure);
  return failed != codes_.end() ? *failed : *std::max_element(codes_.begin(), codes_.end());
}

}  // namespace seqspan::real
