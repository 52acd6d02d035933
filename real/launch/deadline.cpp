#include "real/launch/deadline.hpp"

#include <chrono>
#include <utility>

namespace seqspan::real {

Deadline::Deadline(sim::Seconds limit, std::function<void()> action)
    : thread_([this, limit, action = std::move(action)] {
        std::unique_lock lock(mutex_);
        const bool met = met_.wait_for(lock, std::chrono::duration<double>(limit.value()),
                                       [this] { return is_met_; });
        if (!met) action();
      }) {}

Deadline::~Deadline() {
  {
    const std::lock_guard lock(mutex_);
    is_met_ = true;
  }
  met_.notify_one();
  thread_.join();
}

}  // namespace seqspan::real
