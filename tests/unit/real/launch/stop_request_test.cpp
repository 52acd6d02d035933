#include "real/launch/stop_request.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>

namespace seqspan::real {
namespace {

// In a process of its own each, which the signal would end.
TEST(StopRequest, IsNotedInPlaceOfEnding) {
  EXPECT_EXIT(
      {
        note_stop_requests();
        if (stop_requested()) std::_Exit(1);
        std::raise(SIGTERM);
        std::_Exit(stop_requested() ? 0 : 2);
      },
      testing::ExitedWithCode(0), "");
}

TEST(StopRequest, EndsTheProcessAgain) {
  EXPECT_EXIT(
      {
        note_stop_requests();
        end_on_stop_request();
        std::raise(SIGTERM);
        std::_Exit(0);
      },
      testing::KilledBySignal(SIGTERM), "");
}

}  // namespace
}  // namespace seqspan::real
