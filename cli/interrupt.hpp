// Ctrl-C while a search runs: the first asks it to end with what it has, the second ends the
// process as ever.
#pragma once

#include <atomic>
#include <csignal>

namespace seqspan::cli {

// While it lives, SIGINT sets the flag. One at a time.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  [[nodiscard]] const std::atomic<bool>& flag() const;

 private:
  struct sigaction before_ {};
};

}  // namespace seqspan::cli
