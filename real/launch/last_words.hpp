// How a rank ends, told to the process that started it under mpirun (local_ranks.hpp): mpirun's own
// exit status does not say it when survivors of a dead rank are let live.
//
// A last word is a line on standard error, the way that mpirun carries from every host: the record
// separator of ASCII, "exit ", the exit code, and a line feed. The launcher takes it out of what it
// passes on.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace seqspan::real {

// Set for the ranks that run_local_ranks starts.
inline constexpr const char* kLaunchedVariable = "SEQSPAN_LAUNCHED";

// Whether somebody listens: this process is such a rank.
[[nodiscard]] bool is_launched();

// Says how this process is about to end, if somebody listens. What it has printed comes before it.
void tell_launcher(int exit_code);

[[nodiscard]] std::string last_word(int exit_code);

// Takes last words out of a stream of text, however it is cut.
class LastWords {
 public:
  // What is to be passed on of the next piece, up to the first failure: a code that is neither 0
  // (done) nor 1 (the answer is no). What comes after it is the noise of the end.
  [[nodiscard]] std::string take(std::string_view text);

  [[nodiscard]] std::size_t count() const { return codes_.size(); }
  // The first failure, else the largest code.
  [[nodiscard]] std::optional<int> verdict() const;
  [[nodiscard]] bool has_failed() const { return verdict().value_or(0) > 1; }

 private:
  void note(std::string_view word);

  bool is_in_word_ = false;
  std::string word_;
  std::vector<int> codes_;
};

}  // namespace seqspan::real
