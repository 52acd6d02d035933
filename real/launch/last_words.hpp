// That a rank runs, and how it ends, told to the process that started it under mpirun
// (local_ranks.hpp): mpirun's own exit status does not say it when survivors of a dead rank are let
// live.
//
// A word is a line on standard error, the way that mpirun carries from every host: the record
// separator of ASCII, then "here" as the process begins, or "exit " and the exit code as it ends,
// and a line feed. The launcher takes it out of what it passes on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace seqspan::real {

// Set for the ranks that run_local_ranks starts.
inline constexpr const char* kLaunchedVariable = "SEQSPAN_LAUNCHED";

// Whether somebody listens: this process is such a rank.
[[nodiscard]] bool is_launched();

// Says that this process runs, if somebody listens.
void tell_launcher_of_start();

// Says how this process is about to end, if somebody listens. What it has printed comes before it.
void tell_launcher(int exit_code);

[[nodiscard]] std::string first_word();
[[nodiscard]] std::string last_word(int exit_code);

// Takes the words out of a stream of text, however it is cut.
class LastWords {
 public:
  // What is to be passed on of the next piece, up to the first failure: a code that is neither 0
  // (done) nor 1 (the answer is no). What comes after it is the noise of the end.
  [[nodiscard]] std::string take(std::string_view text);

  // Ranks that have said that they run.
  [[nodiscard]] std::int64_t started() const { return started_; }
  [[nodiscard]] std::size_t count() const { return codes_.size(); }
  // The first failure, else the largest code.
  [[nodiscard]] std::optional<int> verdict() const;
  [[nodiscard]] bool has_failed() const { return verdict().value_or(0) > 1; }

 private:
  void note(std::string_view word);

  bool is_in_word_ = false;
  std::string word_;
  std::int64_t started_ = 0;
  std::vector<int> codes_;
};

}  // namespace seqspan::real
