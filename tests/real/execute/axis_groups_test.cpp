// Making the groups of a layout blocks until all ranks have come.
#include "real/execute/axis_groups.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/real/transport/transport_fixture.hpp"

namespace seqspan::real {
namespace {

class AxisGroupsTest : public TransportTest {};

// The last rank comes 600 ms late: whoever waited longer than 100 ms has been told, and it has not.
TEST_F(AxisGroupsTest, TellsWhereRanksDoNotComeInTime) {
  if (world() == 1) GTEST_SKIP() << "one rank waits for nobody";
  sim::Layout layout;
  layout.ulysses = world();
  const bool is_late = rank() == world() - 1;
  std::atomic<bool> is_told = false;
  if (is_late) std::this_thread::sleep_for(std::chrono::milliseconds(600));
  const auto groups = AxisGroups::make(
      transport(), layout, {sim::Seconds(is_late ? 30.0 : 0.1), [&] { is_told = true; }});
  ASSERT_TRUE(groups);
  EXPECT_EQ(is_told, !is_late);
  EXPECT_EQ(groups->size(sim::Axis::kUlysses), world());
}

}  // namespace
}  // namespace seqspan::real
