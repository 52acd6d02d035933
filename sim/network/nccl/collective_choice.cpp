#include "sim/network/nccl/collective_choice.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "sim/network/link_times.hpp"
#include "sim/network/nccl/tuning.hpp"

namespace seqspan::sim::nccl {
namespace {

constexpr std::array kProtocols = {Protocol::kLl, Protocol::kLl128, Protocol::kSimple};
constexpr std::int64_t kNvlsFrom = 90;
constexpr double kRingPlateau = 1.4;
constexpr std::int64_t kRingPlateauBytes = 64;  // per channel and rank
constexpr Seconds kPatPerRank(2.8e-6);
constexpr double kPatOverlap = 3.5;
constexpr std::int64_t kNvlsChannels = 16;
constexpr std::int64_t kNvlsChunksInFlight = 3;

double real(std::int64_t count) { return static_cast<double>(count); }

double floor_log2(std::int64_t count) {
  return static_cast<double>(std::bit_width(static_cast<std::uint64_t>(count)) - 1);
}

// What a group and its cluster mean to the formulas.
struct Shape {
  const Cluster& cluster;
  const PlacedGroup& group;
  bool all_reduce;

  [[nodiscard]] double n() const { return real(group.shape.size); }
  [[nodiscard]] double k() const { return real(group.domain_members); }
  [[nodiscard]] bool one_domain() const { return group.domains <= 1; }
  [[nodiscard]] double passes() const { return all_reduce ? 2 : 1; }
  // How much longer a byte keeps the busiest NVLink port of the group busy than a port as
  // described: what a ring puts on it over (n-1)/n (k-1)/k, in one domain (n-1)/n.
  [[nodiscard]] double port_weight() const {
    const double ring = (n() - 1) / n() * (one_domain() ? 1 : (k() - 1) / k());
    return ring > 0 ? std::max(1.0, group.ring_collective.nvlink / ring) : 1;
  }
};

LinkLoads scaled(const LinkLoads& loads, double nvlink, double network) {
  LinkLoads result = loads;
  result.nvlink = nvlink;
  result.nic *= network;
  result.spine *= network;
  result.pcie *= network;
  result.core *= network;
  return result;
}

LinkLoads on_the_wire(const LinkLoads& loads, double efficiency) {
  return scaled(loads, loads.nvlink / efficiency, 1 / efficiency);
}

// NCCL's chunk of one channel and head, by size (src/enqueue.cc, calcCollChunking).
std::int64_t nvls_chunk(Algorithm algorithm, std::int64_t bytes, std::int64_t pieces) {
  std::int64_t chunk = 128 * kKibi;
  const auto shrink = [&](std::int64_t loops, std::int64_t to) {
    if (bytes < loops * pieces * chunk) chunk = std::min(chunk, to);
  };
  if (algorithm == Algorithm::kNvls) {
    shrink(64, 64 * kKibi);
    shrink(8, 32 * kKibi);
    shrink(2, 16 * kKibi);
  } else {
    shrink(4, 64 * kKibi);
    shrink(1, 32 * kKibi);
  }
  return chunk;
}

// Trees between domains: what crosses a NIC, against one pass of a ring, (n-1)/(n k).
double tree_over_ring(const Shape& shape) {
  const double factor = shape.group.domains == 2 ? 1 : 2;
  return factor * shape.n() / (shape.n() - 1);
}

Candidate ring(const Shape& shape, Protocol protocol) {
  Candidate candidate;
  candidate.algorithm = Algorithm::kRing;
  candidate.protocol = protocol;
  const double inter = shape.one_domain() ? 0 : shape.passes() * real(shape.group.domains - 1);
  const double intra = shape.passes() * (shape.n() - 1) - inter;
  Seconds inside = nvlink_latency(shape.cluster, Algorithm::kRing, protocol);
  if (!shape.one_domain()) inside = std::max(inside, post_latency(shape.cluster, protocol));
  // With one rank per domain nothing hides the network's latency: NCCL takes the tree's.
  const Algorithm across = shape.k() > 1 ? Algorithm::kRing : Algorithm::kTree;
  candidate.latency = base_latency(Algorithm::kRing, protocol) + intra * inside +
                      inter * network_latency(shape.cluster, across, protocol);
  const LinkLoads& loads = shape.group.ring_collective;
  candidate.loads = scaled(loads, loads.nvlink * shape.passes(), shape.passes());
  candidate.loads.latency = loads.latency * shape.passes();
  candidate.channel_bytes = shape.passes() * (shape.n() - 1) / shape.n();
  return candidate;
}

Candidate tree(const Shape& shape, Protocol protocol) {
  Candidate candidate;
  candidate.algorithm = Algorithm::kTree;
  candidate.protocol = protocol;
  candidate.latency =
      base_latency(Algorithm::kTree, protocol) +
      2 * ((shape.k() - 1) * nvlink_latency(shape.cluster, Algorithm::kTree, protocol) +
           floor_log2(shape.group.domains) *
               network_latency(shape.cluster, Algorithm::kTree, protocol));
  candidate.loads =
      scaled(shape.group.ring_collective, 2 * (shape.k() - 1) / shape.k() * shape.port_weight(),
             tree_over_ring(shape));
  candidate.channel_bytes = 2;
  return candidate;
}

Candidate nvls(const Shape& shape) {
  Candidate candidate;
  candidate.algorithm = Algorithm::kNvls;
  candidate.latency = nvlink_latency(shape.cluster, Algorithm::kNvls, Protocol::kSimple);
  const double port =
      (shape.all_reduce ? shape.n() + 1 : shape.n() - 1) / shape.n() * shape.port_weight();
  candidate.loads.nvlink = port / shape.cluster.device.nvls_efficiency;
  candidate.channel_bytes = shape.passes() * (shape.n() - 1) / shape.n();
  return candidate;
}

Candidate nvls_tree(const Shape& shape) {
  Candidate candidate;
  candidate.algorithm = Algorithm::kNvlsTree;
  candidate.latency = nvlink_latency(shape.cluster, Algorithm::kNvlsTree, Protocol::kSimple) +
                      2 * floor_log2(shape.group.domains) *
                          network_latency(shape.cluster, Algorithm::kNvlsTree, Protocol::kSimple);
  const double port =
      (shape.k() + 1) / shape.k() / shape.cluster.device.nvls_efficiency * shape.port_weight();
  candidate.loads = scaled(shape.group.ring_collective, port, tree_over_ring(shape));
  candidate.channel_bytes = shape.passes() * (shape.n() - 1) / shape.n();
  return candidate;
}

Candidate pat(const Shape& shape) {
  Candidate candidate;
  candidate.algorithm = Algorithm::kPat;
  candidate.latency = base_latency(Algorithm::kPat, Protocol::kSimple) +
                      floor_log2(shape.group.domains) / kPatOverlap *
                          network_latency(shape.cluster, Algorithm::kPat, Protocol::kSimple) +
                      shape.n() * kPatPerRank;
  candidate.loads = shape.group.ring_collective;
  candidate.channel_bytes = (shape.n() - 1) / shape.n();
  return candidate;
}

}  // namespace

void CollectiveChoice::add(const Cluster& cluster, const PlacedGroup& group, Candidate candidate) {
  candidate.loads =
      on_the_wire(candidate.loads,
                  wire_efficiency(candidate.algorithm, candidate.protocol, group.domains <= 1));
  candidate.channel_limit =
      cluster.device.compute_capability == 0
          ? BytesPerSecond(std::numeric_limits<double>::infinity())
          : channel_limit(cluster.device, candidate.algorithm, candidate.protocol, group.domains);
  const Seconds links = link_times(cluster, candidate.loads, 1, 0).longest();
  const double channels = candidate.channel_bytes / candidate.channel_limit.value();
  seconds_per_byte_[count_] = std::max(links.value(), channels);
  constant_[count_] = link_times(cluster, candidate.loads, 0, real(group.shape.size)).longest();
  candidates_[count_] = candidate;
  ++count_;
}

CollectiveChoice::CollectiveChoice(const Cluster& cluster, const PlacedGroup& group,
                                   Collective collective)
    : all_reduce_(collective == Collective::kAllReduce), heads_(group.domain_members) {
  if (group.shape.size <= 1) return;
  const DeviceProfile& device = cluster.device;
  const Shape shape{cluster, group, all_reduce_};
  plateau_bytes_ = all_reduce_ && group.domains > 1
                       ? kRingPlateauBytes * device.nccl_ring_channels * group.shape.size
                       : 0;
  if (device.compute_capability == 0) {
    add(cluster, group, ring(shape, Protocol::kSimple));
    plateau_bytes_ = 0;
    return;
  }
  for (const Protocol protocol : kProtocols) {
    add(cluster, group, ring(shape, protocol));
    if (all_reduce_) add(cluster, group, tree(shape, protocol));
  }
  const bool nvls_here = device.compute_capability >= kNvlsFrom && device.nvls_efficiency > 0;
  if (nvls_here && shape.one_domain() && group.shape.size > 2) add(cluster, group, nvls(shape));
  if (nvls_here && !shape.one_domain() && group.domain_members > 2 && all_reduce_) {
    add(cluster, group, nvls_tree(shape));
  }
  if (!all_reduce_ && !shape.one_domain() && group.domain_members == 1) {
    add(cluster, group, pat(shape));
  }
}

CollectiveChoice::Choice CollectiveChoice::best(Bytes bytes) const {
  Choice best;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < count_; ++i) {
    const Candidate& candidate = candidates_[i];
    double size = real(bytes.value());
    Seconds latency = candidate.latency;
    if (candidate.algorithm == Algorithm::kNvls || candidate.algorithm == Algorithm::kNvlsTree) {
      const std::int64_t pieces = kNvlsChannels * heads_;
      size += real(kNvlsChunksInFlight * pieces *
                   nvls_chunk(candidate.algorithm, bytes.value(), pieces));
    } else if (candidate.algorithm == Algorithm::kTree) {
      size /= tree_correction(candidate.protocol, bytes);
    } else if (plateau_bytes_ > 0 && bytes.value() >= plateau_bytes_ &&
               candidate.algorithm == Algorithm::kRing && candidate.protocol == Protocol::kSimple) {
      latency *= kRingPlateau;
    }
    const double time =
        (latency + candidate.loads.latency + constant_[i]).value() + size * seconds_per_byte_[i];
    if (best.candidate == nullptr || time < least) {
      least = time;
      best = {&candidate, size, latency};
    }
  }
  return best;
}

}  // namespace seqspan::sim::nccl
