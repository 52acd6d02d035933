#include "real/launch/deadline.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace seqspan::real {
namespace {

TEST(Deadline, IsMetByTheEndOfItsObject) {
  bool is_taken = false;
  {
    const Deadline deadline(sim::Seconds(1000), [&] { is_taken = true; });
  }
  EXPECT_FALSE(is_taken);
}

// The owner is stuck until the action releases it, as one in a blocking call never would be.
TEST(Deadline, TakesTheActionWhileTheOwnerIsStuck) {
  std::atomic<bool> is_taken = false;
  const Deadline deadline(sim::Seconds(0.01), [&] { is_taken = true; });
  while (!is_taken) std::this_thread::yield();
  EXPECT_TRUE(is_taken);
}

}  // namespace
}  // namespace seqspan::real
