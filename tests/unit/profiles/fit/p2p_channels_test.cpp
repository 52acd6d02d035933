#include "profiles/fit/p2p_channels.hpp"

#include <gtest/gtest.h>

#include "profiles/fit/fit_curve.hpp"

namespace seqspan::profiles {
namespace {

using sim::Bytes;
using sim::CurveKnot;
using sim::kMebi;
using sim::Seconds;

// 32 channels over the ranks, parts of 16 MiB; all 32 in use from 512 MiB on.
TEST(P2pChannels, DoubleFromTheRanksShareUpToAll) {
  const auto from = [](CollectiveKind kind, std::int64_t ranks, std::int64_t nodes) {
    return doubling_of({kind, ranks, nodes}).from.value() / kMebi;
  };
  EXPECT_EQ(from(CollectiveKind::kSendReceive, 8, 1), 64);
  EXPECT_EQ(from(CollectiveKind::kPointToPoint, 2, 1), 256);
  EXPECT_EQ(from(CollectiveKind::kSendReceive, 6, 1), 64);  // 4 channels: 5 are no power of 2
  EXPECT_EQ(from(CollectiveKind::kSendReceive, 64, 1), 0);
  EXPECT_EQ(from(CollectiveKind::kSendReceive, 8, 2), 0);
  EXPECT_EQ(from(CollectiveKind::kAllGather, 8, 1), 0);
  EXPECT_EQ(doubling_of({CollectiveKind::kSendReceive, 8, 1}).to, Bytes(512 * kMebi));
}

// 32 MiB in 400 us, so 64 MiB in 800; level until the 256 GiB/s of 512 MiB in 2000 us, which takes
// 800 us for 204.8 MiB.
TEST(P2pChannels, TheTimeStaysUntilTheLinksAreFull) {
  const CurveKnot below{Bytes(32 * kMebi), Seconds(400e-6)};
  const CurveKnot above{Bytes(512 * kMebi), Seconds(2000e-6)};
  const std::vector<CurveKnot> knots =
      knots_of_doubling(below, above, {Bytes(64 * kMebi), Bytes(512 * kMebi)});
  ASSERT_EQ(knots.size(), 2U);
  EXPECT_EQ(knots[0].size, Bytes(64 * kMebi));
  EXPECT_DOUBLE_EQ(knots[0].time.value(), 800e-6);
  EXPECT_EQ(knots[1], (CurveKnot{Bytes(214748365), knots[0].time}));  // 204.8 MiB, rounded
}

// The same as a curve, and nothing of it where all channels are in use.
TEST(P2pChannels, AreDrawnIntoACurve) {
  const ChannelDoubling doubling{Bytes(64 * kMebi), Bytes(512 * kMebi)};
  const sim::MeasuredCurve curve = fit_curve({{Bytes(128 * kMebi), Seconds(800e-6)},
                                              {Bytes(512 * kMebi), Seconds(1600e-6)},
                                              {Bytes(1024 * kMebi), Seconds(3000e-6)}},
                                             doubling);
  EXPECT_EQ(curve.time(Bytes(256 * kMebi)), Seconds(800e-6));
  EXPECT_EQ(curve.knots().size(), 4U);
}

}  // namespace
}  // namespace seqspan::profiles
