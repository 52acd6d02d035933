// A limit for calls that block inside a library and cannot be polled, such as MPI_Comm_split: the
// action is taken when the object still lives after the limit.
//
// The action runs on a thread of its own while the owner is stuck, and must end the process.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "sim/units/units.hpp"

namespace seqspan::real {

// How long such a call may take, and what is done then; nothing where `overdue` is empty.
struct BlockingLimit {
  sim::Seconds limit{30};
  std::function<void()> overdue;
};

class Deadline {
 public:
  Deadline(sim::Seconds limit, std::function<void()> action);
  explicit Deadline(const BlockingLimit& limit)
      : Deadline(
            limit.limit, limit.overdue ? limit.overdue : [] {}) {}
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;
  ~Deadline();

 private:
  std::mutex mutex_;
  std::condition_variable met_;
  bool is_met_ = false;
  std::thread thread_;
};

}  // namespace seqspan::real
