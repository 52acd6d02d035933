// A bar on standard error for what takes longer than a second, where that is a terminal.
#pragma once

#include <chrono>
#include <string>

#include "cli/output.hpp"

namespace seqspan::cli {

class Progress {
 public:
  // `what`: "searching".
  Progress(Output& output, std::string what);
  // Takes the bar away.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // The part that is done, 0 to 1. Draws at most ten times a second.
  void show(double done);

 private:
  using Clock = std::chrono::steady_clock;

  Output& output_;
  std::string what_;
  Clock::time_point began_ = Clock::now();
  Clock::time_point drawn_ = began_;
  bool visible_ = false;
};

}  // namespace seqspan::cli
