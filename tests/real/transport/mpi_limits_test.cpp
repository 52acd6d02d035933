// What only MPI refuses.
#include <gtest/gtest.h>

#include "tests/real/transport/transport_fixture.hpp"

namespace seqspan::real {
namespace {

using MpiLimits = TransportTest;

// 2^31 elements: one more than an int counts. A point-to-point without buffers needs no memory.
TEST_F(MpiLimits, CountsBeyondAnIntAreRefused) {
  const CommunicatorId line = world_communicator();
  const std::int64_t elements = std::int64_t{1} << 31;
  const auto refused = transport().start(
      exchange(sim::Collective::kPointToPoint, line, sim::DataType::kBool, {{{}, {}, elements}}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().what, "2147483648 elements in one block");
  EXPECT_EQ(refused.error().category, sim::ErrorCategory::kInput);
}

TEST_F(MpiLimits, ABufferThatIsTooLargeIsOutOfMemory) {
  const auto refused = transport().allocate(sim::Bytes(std::int64_t{1} << 60));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().category, sim::ErrorCategory::kEnvironment);
  EXPECT_EQ(refused.error().what.find("out of memory"), 0U);
}

}  // namespace
}  // namespace seqspan::real
