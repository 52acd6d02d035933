// Ctrl-C, or another wish to end: the first asks what runs to end with what it has, the second ends
// the process as ever.
#pragma once

#include <atomic>
#include <csignal>
#include <initializer_list>
#include <utility>
#include <vector>

namespace seqspan::cli {

// While it lives, the signals set the flag. One at a time.
class Interrupt {
 public:
  explicit Interrupt(std::initializer_list<int> signals = {SIGINT});
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  [[nodiscard]] const std::atomic<bool>& flag() const;

 private:
  // What each did before.
  std::vector<std::pair<int, struct sigaction>> before_;
};

}  // namespace seqspan::cli
