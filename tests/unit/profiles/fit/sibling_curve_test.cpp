#include "profiles/fit/sibling_curve.hpp"

#include <gtest/gtest.h>

namespace seqspan::profiles {
namespace {

using sim::Bytes;
using sim::CurveKnot;
using sim::kMebi;
using sim::MeasuredCurve;
using sim::Seconds;

// 1 and 2 MiB: 105 GB/s between them, below half of the last bandwidth, 671 GB/s. From 2 to 16 MiB
// the time rises with 1.5 TB/s: another protocol. To 64 MiB with 0.67 TB/s.
MeasuredCurve gathered() {
  return *MeasuredCurve::make({{Bytes(kMebi), Seconds(10e-6)},
                               {Bytes(2 * kMebi), Seconds(20e-6)},
                               {Bytes(16 * kMebi), Seconds(30e-6)},
                               {Bytes(64 * kMebi), Seconds(100e-6)}});
}

// 10 + 10 x 18.3 / 15.2 = 22.04 us at 2 MiB; the others as they are.
TEST(SiblingCurve, AddingCostsChannelsInsideANode) {
  const MeasuredCurve scatter = sibling_curve(gathered(), {CollectiveKind::kAllGather, 8, 1});
  EXPECT_DOUBLE_EQ(scatter.knots()[0].time.value(), 10e-6);
  EXPECT_NEAR(scatter.knots()[1].time.value(), 22.0395e-6, 1e-10);
  EXPECT_DOUBLE_EQ(scatter.knots()[2].time.value(), 30e-6);
  EXPECT_DOUBLE_EQ(scatter.knots()[3].time.value(), 100e-6);
}

TEST(SiblingCurve, TheOtherWayRoundItIsFaster) {
  const MeasuredCurve gather = sibling_curve(gathered(), {CollectiveKind::kReduceScatter, 8, 1});
  EXPECT_NEAR(gather.knots()[1].time.value(), 10e-6 + 10e-6 * 15.2 / 18.3, 1e-10);
}

TEST(SiblingCurve, BetweenNodesTheNetworkHidesIt) {
  EXPECT_EQ(sibling_curve(gathered(), {CollectiveKind::kAllGather, 16, 2}), gathered());
}

TEST(SiblingCurve, StaysMonotone) {
  const MeasuredCurve flat = *MeasuredCurve::make({{Bytes(kMebi), Seconds(10e-6)},
                                                   {Bytes(2 * kMebi), Seconds(20e-6)},
                                                   {Bytes(16 * kMebi), Seconds(21e-6)},
                                                   {Bytes(64 * kMebi), Seconds(100e-6)}});
  const MeasuredCurve scatter = sibling_curve(flat, {CollectiveKind::kAllGather, 8, 1});
  EXPECT_LE(scatter.knots()[1].time, scatter.knots()[2].time);
}

}  // namespace
}  // namespace seqspan::profiles
