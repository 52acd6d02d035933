#include "profiles/fit/p2p_channels.hpp"

#include <algorithm>
#include <cmath>

namespace seqspan::profiles {
namespace {

constexpr std::int64_t kMostChannels = 32;
constexpr std::int64_t kMostOfAPart = 16 * sim::kMebi;

sim::Bytes rounded(double bytes) { return sim::Bytes(std::llround(bytes)); }

}  // namespace

ChannelDoubling doubling_of(const MeasuredGroup& group) {
  const bool message = group.collective == CollectiveKind::kSendReceive ||
                       group.collective == CollectiveKind::kPointToPoint;
  if (!message || group.nodes > 1 || group.ranks > kMostChannels) return {};
  std::int64_t channels = kMostChannels;
  while (channels * group.ranks > kMostChannels) channels /= 2;
  return {sim::Bytes(channels * kMostOfAPart), sim::Bytes(kMostChannels * kMostOfAPart)};
}

std::vector<sim::CurveKnot> knots_of_doubling(const sim::CurveKnot& below,
                                              const sim::CurveKnot& above,
                                              const ChannelDoubling& doubling) {
  std::vector<sim::CurveKnot> knots;
  sim::CurveKnot level = below;
  if (below.size < doubling.from) {
    level = {doubling.from, std::min(above.time, below.time * (doubling.from / below.size))};
    knots.push_back(level);
  }
  const sim::Bytes full =
      rounded(static_cast<double>(above.size.value()) * (level.time / above.time));
  if (full > level.size && full < above.size) knots.push_back({full, level.time});
  return knots;
}

}  // namespace seqspan::profiles
