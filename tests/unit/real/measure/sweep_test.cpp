#include "real/measure/sweep.hpp"

#include <gtest/gtest.h>

namespace seqspan::real {
namespace {

using sim::Bytes;
using sim::Collective;

std::vector<SweepPoint> points_of(const std::vector<std::string>& hosts) {
  return sweep(hosts, {Collective::kAllToAll}, {Bytes(1024)}).value();
}

TEST(Sweep, OneHostHasOneKindOfGroup) {
  const auto points = points_of({"a", "a", "a"});
  ASSERT_EQ(points.size(), 1U);
  EXPECT_EQ(points[0].point.shape, (sim::GroupShape{3, 1}));
  EXPECT_EQ(points[0].nodes, 1);
  EXPECT_EQ(points[0].variant, "");
}

// 3 hosts of 2: all 6; pairs inside, 3 at once; triples across, 2 at once.
TEST(Sweep, SeveralHostsHaveGroupsInsideAndAcross) {
  const auto points = points_of({"a", "a", "b", "b", "c", "c"});
  ASSERT_EQ(points.size(), 3U);
  EXPECT_EQ(points[0].point.shape, (sim::GroupShape{6, 1}));
  EXPECT_EQ(points[0].nodes, 3);
  EXPECT_EQ(points[1].point.shape, (sim::GroupShape{2, 1}));
  EXPECT_EQ(points[1].nodes, 1);
  EXPECT_EQ(points[1].variant, "3 groups at once");
  EXPECT_EQ(points[2].point.shape, (sim::GroupShape{3, 2}));
  EXPECT_EQ(points[2].nodes, 3);
  EXPECT_EQ(points[2].variant, "2 groups at once, 2 apart");
}

TEST(Sweep, OneRankPerHostIsAllThereIs) { EXPECT_EQ(points_of({"a", "b"}).size(), 1U); }

TEST(Sweep, SmallSizesOfEverythingComeFirst) {
  const auto points =
      sweep({"a", "a"}, {Collective::kAllGather, Collective::kAllToAll}, {Bytes(8), Bytes(16)})
          .value();
  ASSERT_EQ(points.size(), 4U);
  EXPECT_EQ(points[1].point.size, Bytes(8));
  EXPECT_EQ(points[2].point.size, Bytes(16));
}

TEST(Sweep, RefusesUnevenHosts) {
  for (const std::vector<std::string>& hosts :
       {std::vector<std::string>{"a", "a", "b"}, {"a", "b", "a", "b"}, {"a", "a", "b", "c"}}) {
    EXPECT_FALSE(sweep(hosts, {Collective::kAllGather}, {Bytes(8)})) << hosts.size();
  }
}

// 1,000 bytes are 250 floats: 249 divide by 3; a message to the successor need not divide.
TEST(MeasuredSize, IsFloatsThatDivideAmongTheGroup) {
  EXPECT_EQ(measured_size({Collective::kAllGather, {3, 1}, Bytes(1003)}), Bytes(996));
  EXPECT_EQ(measured_size({Collective::kRingShift, {3, 1}, Bytes(1003)}), Bytes(1000));
  EXPECT_EQ(measured_size({Collective::kAllGather, {3, 1}, Bytes(1)}), Bytes(12));
}

}  // namespace
}  // namespace seqspan::real
