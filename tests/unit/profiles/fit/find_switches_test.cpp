#include "profiles/fit/find_switches.hpp"

#include <gtest/gtest.h>

namespace seqspan::profiles {
namespace {

using sim::Bytes;
using sim::Seconds;

// latency 20 us, 100 GB/s
Seconds line(std::int64_t size) { return Seconds(20e-6 + static_cast<double>(size) / 100e9); }

std::vector<MeasuredPoint> on_line(int first, int last) {
  std::vector<MeasuredPoint> points;
  for (int i = first; i <= last; ++i) {
    points.push_back({Bytes(std::int64_t{1} << i), line(std::int64_t{1} << i)});
  }
  return points;
}

TEST(FindSwitches, BandwidthThatComesInLateIsFaster) {
  std::vector<MeasuredPoint> points = on_line(20, 26);
  for (int i = 27; i <= 30; ++i) {
    points.push_back({Bytes(std::int64_t{1} << i), Seconds(700e-6 + 1e-6 * i)});
  }
  const std::vector<Switch> switches = find_switches(points);
  ASSERT_EQ(switches.size(), 1U);
  EXPECT_EQ(switches[0].kind, SwitchKind::kFaster);
  EXPECT_EQ(switches[0].after, Bytes(1 << 26));
}

// One run of 64 KiB took 20 % longer: it rises there and falls again, and neither is a switch.
TEST(FindSwitches, OneSlowRunIsNoise) {
  std::vector<MeasuredPoint> points = on_line(10, 26);
  points[6].time *= 1.2;
  EXPECT_TRUE(find_switches(points).empty());
}

TEST(FindSwitches, AColdStartIsNoise) {
  std::vector<MeasuredPoint> points = on_line(10, 26);
  points[0].time *= 2;
  EXPECT_TRUE(find_switches(points).empty());
}

// 8 us + 40 us per MiB up to 1 MiB, 60 us + 1 us per MiB above: 48 us, then 62 at 2 MiB, where 88
// lie ahead. The time before rises along its line, however steeply, and is no slower switch.
TEST(FindSwitches, ALineThatEndsIsFasterAndNotSlowerBefore) {
  std::vector<MeasuredPoint> points;
  for (int i = 14; i <= 26; ++i) {
    const double mebibytes = static_cast<double>(std::int64_t{1} << i) / (1 << 20);
    const double us = i <= 20 ? 8 + 40 * mebibytes : 60 + mebibytes;
    points.push_back({Bytes(std::int64_t{1} << i), Seconds(us * 1e-6)});
  }
  const std::vector<Switch> switches = find_switches(points);
  ASSERT_EQ(switches.size(), 1U);
  EXPECT_EQ(switches[0], (Switch{Bytes(1 << 20), Bytes(1 << 21), SwitchKind::kFaster}));
}

// Times that scatter by 15 % up and down: a step of 30 % in the middle does not stand out of them,
// one of 200 % does.
TEST(FindSwitches, AStepMustStandOutOfTheScatter) {
  const auto with_step = [](double factor) {
    std::vector<MeasuredPoint> points = on_line(10, 31);
    for (std::size_t i = 0; i < points.size(); ++i) {
      points[i].time *= (i % 2 == 0 ? 1.0 : 1.15) * (i < 10 ? 1 : factor);
    }
    return points;
  };
  const auto lists = [&](double factor) {
    for (const Switch& found : find_switches(with_step(factor))) {
      if (found.before == Bytes(1 << 20) && found.kind == SwitchKind::kSlower) return true;
    }
    return false;
  };
  EXPECT_FALSE(lists(1.3));
  EXPECT_TRUE(lists(3));
}

}  // namespace
}  // namespace seqspan::profiles
