#include "profiles/fit/link_model.hpp"

#include <algorithm>

namespace seqspan::profiles {
namespace {

constexpr double kRoundSeconds = 0.5e-6;
constexpr std::int64_t kPeersPerRound = 8;

// Collects terms, and notices a parameter that is not known.
class Sum {
 public:
  void latency(sim::Seconds latency, double times) {
    if (times <= 0) return;
    known_ = known_ && latency.value() > 0;
    seconds_ += latency.value() * times;
  }
  // Transfers run at the same time: the longest counts.
  void transfer(double bytes, sim::BytesPerSecond bandwidth) {
    if (bytes <= 0) return;
    known_ = known_ && bandwidth.value() > 0;
    longest_ = std::max(longest_, known_ ? bytes / bandwidth.value() : 0.0);
  }
  // No limit where the bandwidth is not known.
  void transfer_if_known(double bytes, sim::BytesPerSecond bandwidth) {
    if (bandwidth.value() > 0) transfer(bytes, bandwidth);
  }
  void add(double seconds) { seconds_ += seconds; }
  [[nodiscard]] std::optional<sim::Seconds> total() const {
    return known_ ? std::optional(sim::Seconds(seconds_ + longest_)) : std::nullopt;
  }

 private:
  bool known_ = true;
  double seconds_ = 0;
  double longest_ = 0;
};

std::optional<sim::Seconds> ring_time(const LinkParameters& links, const MeasuredGroup& group,
                                      double size, double passes) {
  const auto n = static_cast<double>(group.ranks);
  const auto k = static_cast<double>(group.ranks_per_node());
  const double steps = passes * (n - 1);
  const double inter = group.nodes > 1 ? passes * static_cast<double>(group.nodes - 1) : 0;
  const double bytes = passes * size * (n - 1) / n;
  Sum sum;
  sum.latency(links.ring_base_latency, 1);
  sum.latency(links.inside.ring_step_latency, steps - inter);
  sum.latency(links.between.ring_step_latency, inter);
  if (group.nodes == 1) {
    sum.transfer(bytes, links.inside.bandwidth);
  } else {
    sum.transfer_if_known(bytes * (k - 1) / k, links.inside.bandwidth);
    sum.transfer(bytes / k, links.between.bandwidth);
  }
  return sum.total();
}

}  // namespace

std::optional<sim::Seconds> time_over_links(const LinkParameters& links, const MeasuredGroup& group,
                                            sim::Bytes size) {
  const auto bytes = static_cast<double>(size.value());
  const auto n = static_cast<double>(group.ranks);
  const auto k = static_cast<double>(group.ranks_per_node());
  const LinkLevel& slowest = group.nodes > 1 ? links.between : links.inside;
  Sum sum;
  switch (group.collective) {
    case CollectiveKind::kAllReduce:
      return ring_time(links, group, bytes, 2);
    case CollectiveKind::kAllGather:
    case CollectiveKind::kReduceScatter:
      return ring_time(links, group, bytes, 1);
    case CollectiveKind::kSendReceive:
    case CollectiveKind::kPointToPoint:
      sum.latency(slowest.message_latency, 1);
      sum.transfer(bytes, slowest.bandwidth);
      return sum.total();
    case CollectiveKind::kAllToAll: {
      const std::int64_t rounds = (group.ranks - 1 + kPeersPerRound - 1) / kPeersPerRound;
      sum.latency(slowest.message_latency, 1);
      sum.add(kRoundSeconds * static_cast<double>(rounds - 1));
      if (group.nodes == 1) {
        sum.transfer(bytes * (k - 1) / n, links.inside.bandwidth);
      } else {
        sum.transfer_if_known(bytes * (k - 1) / n, links.inside.bandwidth);
        sum.transfer(bytes * (n - k) / n, links.between.bandwidth);
      }
      return sum.total();
    }
    case CollectiveKind::kBroadcast:
    case CollectiveKind::kReduce:
    case CollectiveKind::kGather:
    case CollectiveKind::kScatter:
    case CollectiveKind::kHypercube:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace seqspan::profiles
