#include "real/launch/local_ranks.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>

namespace seqspan::real {
namespace {

TEST(RunLocalRanks, SaysThatThereIsNoMpirun) {
  EXPECT_EXIT(
      {
        setenv("PATH", "/nowhere", 1);
        const auto status = run_local_ranks(2, {}, sim::Seconds(30));
        std::_Exit(!status && status.error().category == sim::ErrorCategory::kEnvironment &&
                           status.error().what == "cannot start mpirun: No such file or directory"
                       ? 0
                       : 1);
      },
      testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace seqspan::real
