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

class Deadline {
 public:
  Deadline(sim::Seconds limit, std::function<void()> action);
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
