#include "sim/network/nccl/collective_choice.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "sim/formula/traced.hpp"
#include "sim/network/link_times.hpp"
#include "sim/network/nccl/tuning.hpp"

namespace seqspan::sim::nccl {
namespace {

constexpr const char* kGroupSource =
    "the placement of the layout's ranks: n in the group, d NVLink domains, k of the group in one";

constexpr std::array kProtocols = {Protocol::kLl, Protocol::kLl128, Protocol::kSimple};
constexpr std::int64_t kNvlsFrom = 90;
constexpr double kRingPlateau = 1.4;
constexpr std::int64_t kRingPlateauBytes = 64;  // per channel and rank
constexpr Seconds kPatPerRank(2.8e-6);
constexpr double kPatOverlap = 3.5;
constexpr std::int64_t kNvlsChannels = 16;
constexpr std::int64_t kNvlsChunksInFlight = 3;

double floor_log2(std::int64_t count) {
  return static_cast<double>(std::bit_width(static_cast<std::uint64_t>(count)) - 1);
}

// What a group and its cluster mean to the formulas.
template <class Numbers>
struct Shape {
  using Real = NumberOf<Numbers, double>;

  const Numbers& in;
  const Cluster& cluster;
  const PlacedGroup& group;
  bool all_reduce;

  [[nodiscard]] Real n() const { return real(in.given("n", group.shape.size, kGroupSource)); }
  [[nodiscard]] Real k() const { return real(in.given("k", group.domain_members, kGroupSource)); }
  [[nodiscard]] Real d() const { return real(in.given("d", group.domains, kGroupSource)); }
  [[nodiscard]] bool one_domain() const { return group.domains <= 1; }
  [[nodiscard]] Real passes() const {
    return in.given("passes", all_reduce ? 2.0 : 1.0, "an all-reduce is two passes of a ring");
  }
  // How much longer a byte keeps the busiest NVLink port of the group busy than a port as
  // described: what a ring puts on it over (n-1)/n (k-1)/k, in one domain (n-1)/n.
  [[nodiscard]] Real port_weight() const {
    const double size = real(group.shape.size);
    const double members = real(group.domain_members);
    const double ring = (size - 1) / size * (one_domain() ? 1 : (members - 1) / members);
    const double weight = ring > 0 ? std::max(1.0, group.ring_collective.nvlink / ring) : 1;
    return in.given("port_weight", weight, "the placement: above 1 where ports are not alike");
  }
  [[nodiscard]] Real nvls_efficiency() const {
    return in.sourced("nccl.nvls_efficiency", cluster.device.nvls_efficiency,
                      cluster.device.sources);
  }
};

template <class Numbers, class Factor>
LinkLoadsOf<Numbers> scaled(const LinkLoadsOf<Numbers>& loads,
                            const NumberOf<Numbers, double>& nvlink, const Factor& network) {
  LinkLoadsOf<Numbers> result = loads;
  result.nvlink = nvlink;
  result.nic *= network;
  result.spine *= network;
  result.pcie *= network;
  result.core *= network;
  return result;
}

template <class Numbers>
LinkLoadsOf<Numbers> on_the_wire(const LinkLoadsOf<Numbers>& loads,
                                 const NumberOf<Numbers, double>& efficiency) {
  return scaled<Numbers>(loads, loads.nvlink / efficiency, 1 / efficiency);
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
template <class Numbers>
NumberOf<Numbers, double> tree_over_ring(const Shape<Numbers>& shape) {
  const double factor = shape.group.domains == 2 ? 1 : 2;
  return shape.in.given("f", factor, kTuningSource) * shape.n() / (shape.n() - 1);
}

template <class Numbers>
NumberOf<Numbers, double> log2_of_domains(const Shape<Numbers>& shape) {
  return shape.in.call("floor_log2", floor_log2(shape.group.domains), shape.d());
}

template <class Numbers>
CandidateOf<Numbers> ring(const Shape<Numbers>& shape, Protocol protocol) {
  const Numbers& in = shape.in;
  CandidateOf<Numbers> candidate;
  candidate.algorithm = Algorithm::kRing;
  candidate.protocol = protocol;
  auto inter = in.constant(0.0);
  if (!shape.one_domain()) inter = in.named("steps_between", shape.passes() * (shape.d() - 1));
  const auto intra = in.named("steps_inside", shape.passes() * (shape.n() - 1) - inter);
  auto inside = nvlink_latency(in, shape.cluster, Algorithm::kRing, protocol);
  if (!shape.one_domain()) inside = largest(inside, post_latency(in, shape.cluster, protocol));
  // With one rank per domain nothing hides the network's latency: NCCL takes the tree's.
  const Algorithm across = shape.group.domain_members > 1 ? Algorithm::kRing : Algorithm::kTree;
  const auto base = in.given("base", base_latency(Algorithm::kRing, protocol), kTuningSource);
  candidate.latency = base + intra * in.named("step_inside", inside);
  if (!shape.one_domain()) {
    candidate.latency =
        candidate.latency +
        inter * in.named("step_between", network_latency(in, shape.cluster, across, protocol));
  }
  const LinkLoadsOf<Numbers> loads = given_loads(in, shape.group.ring_collective);
  candidate.loads = scaled<Numbers>(loads, loads.nvlink * shape.passes(), shape.passes());
  candidate.loads.latency = loads.latency * shape.passes();
  candidate.channel_bytes = shape.passes() * (shape.n() - 1) / shape.n();
  return candidate;
}

template <class Numbers>
CandidateOf<Numbers> tree(const Shape<Numbers>& shape, Protocol protocol) {
  const Numbers& in = shape.in;
  CandidateOf<Numbers> candidate;
  candidate.algorithm = Algorithm::kTree;
  candidate.protocol = protocol;
  const auto inside =
      in.named("step_inside", nvlink_latency(in, shape.cluster, Algorithm::kTree, protocol));
  const auto between =
      in.named("step_between", network_latency(in, shape.cluster, Algorithm::kTree, protocol));
  const auto base = in.given("base", base_latency(Algorithm::kTree, protocol), kTuningSource);
  candidate.latency = base + 2 * ((shape.k() - 1) * inside + log2_of_domains(shape) * between);
  candidate.loads =
      scaled<Numbers>(given_loads(in, shape.group.ring_collective),
                      2 * (shape.k() - 1) / shape.k() * shape.port_weight(), tree_over_ring(shape));
  candidate.channel_bytes = in.constant(2.0);
  return candidate;
}

template <class Numbers>
CandidateOf<Numbers> nvls(const Shape<Numbers>& shape) {
  const Numbers& in = shape.in;
  CandidateOf<Numbers> candidate;
  candidate.algorithm = Algorithm::kNvls;
  candidate.latency = nvlink_latency(in, shape.cluster, Algorithm::kNvls, Protocol::kSimple);
  const auto port =
      (shape.all_reduce ? shape.n() + 1 : shape.n() - 1) / shape.n() * shape.port_weight();
  candidate.loads.nvlink = port / shape.nvls_efficiency();
  candidate.channel_bytes = shape.passes() * (shape.n() - 1) / shape.n();
  return candidate;
}

template <class Numbers>
CandidateOf<Numbers> nvls_tree(const Shape<Numbers>& shape) {
  const Numbers& in = shape.in;
  CandidateOf<Numbers> candidate;
  candidate.algorithm = Algorithm::kNvlsTree;
  const auto between = in.named(
      "step_between", network_latency(in, shape.cluster, Algorithm::kNvlsTree, Protocol::kSimple));
  candidate.latency = nvlink_latency(in, shape.cluster, Algorithm::kNvlsTree, Protocol::kSimple) +
                      2 * log2_of_domains(shape) * between;
  const auto port = (shape.k() + 1) / shape.k() / shape.nvls_efficiency() * shape.port_weight();
  candidate.loads =
      scaled<Numbers>(given_loads(in, shape.group.ring_collective), port, tree_over_ring(shape));
  candidate.channel_bytes = shape.passes() * (shape.n() - 1) / shape.n();
  return candidate;
}

template <class Numbers>
CandidateOf<Numbers> pat(const Shape<Numbers>& shape) {
  const Numbers& in = shape.in;
  CandidateOf<Numbers> candidate;
  candidate.algorithm = Algorithm::kPat;
  const auto base =
      in.given("base", base_latency(Algorithm::kPat, Protocol::kSimple), kTuningSource);
  const auto between = in.named(
      "step_between", network_latency(in, shape.cluster, Algorithm::kPat, Protocol::kSimple));
  candidate.latency =
      base + log2_of_domains(shape) / in.given("overlap", kPatOverlap, kTuningSource) * between +
      shape.n() * in.given("per_rank", kPatPerRank, kTuningSource);
  candidate.loads = given_loads(in, shape.group.ring_collective);
  candidate.channel_bytes = (shape.n() - 1) / shape.n();
  return candidate;
}

// With what the wire and the channels make of it.
template <class Numbers>
CandidateOf<Numbers> candidate_of(const Shape<Numbers>& shape, Algorithm algorithm,
                                  Protocol protocol) {
  const auto of_algorithm = [&] {
    switch (algorithm) {
      case Algorithm::kTree:
        return tree(shape, protocol);
      case Algorithm::kNvls:
        return nvls(shape);
      case Algorithm::kNvlsTree:
        return nvls_tree(shape);
      case Algorithm::kPat:
        return pat(shape);
      case Algorithm::kRing:
      case Algorithm::kSendReceive:
        break;
    }
    return ring(shape, protocol);
  };
  const Numbers& in = shape.in;
  const DeviceProfile& device = shape.cluster.device;
  CandidateOf<Numbers> candidate = of_algorithm();
  const auto efficiency = in.given(
      "wire_efficiency", wire_efficiency(algorithm, protocol, shape.one_domain()), kTuningSource);
  candidate.loads = on_the_wire<Numbers>(candidate.loads, efficiency);
  candidate.channel_limit =
      in.given("channel_limit",
               device.compute_capability == 0
                   ? BytesPerSecond(std::numeric_limits<double>::infinity())
                   : channel_limit(device, algorithm, protocol, shape.group.domains),
               kTuningSource);
  return candidate;
}

}  // namespace

void CollectiveChoice::add(const Cluster& cluster, const PlacedGroup& group,
                           const Candidate& candidate) {
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
  const Plain plain;
  const Shape<Plain> shape{plain, cluster, group, all_reduce_};
  const auto add_one = [&](Algorithm algorithm, Protocol protocol) {
    add(cluster, group, candidate_of(shape, algorithm, protocol));
  };
  plateau_bytes_ = all_reduce_ && group.domains > 1
                       ? kRingPlateauBytes * device.nccl_ring_channels * group.shape.size
                       : 0;
  if (device.compute_capability == 0) {
    add_one(Algorithm::kRing, Protocol::kSimple);
    plateau_bytes_ = 0;
    return;
  }
  for (const Protocol protocol : kProtocols) {
    add_one(Algorithm::kRing, protocol);
    if (all_reduce_) add_one(Algorithm::kTree, protocol);
  }
  const bool nvls_here = device.compute_capability >= kNvlsFrom && device.nvls_efficiency > 0;
  if (nvls_here && shape.one_domain() && group.shape.size > 2) {
    add_one(Algorithm::kNvls, Protocol::kSimple);
  }
  if (nvls_here && !shape.one_domain() && group.domain_members > 2 && all_reduce_) {
    add_one(Algorithm::kNvlsTree, Protocol::kSimple);
  }
  if (!all_reduce_ && !shape.one_domain() && group.domain_members == 1) {
    add_one(Algorithm::kPat, Protocol::kSimple);
  }
}

template <class Numbers>
CandidateOf<Numbers> CollectiveChoice::candidate(const Numbers& in, const Cluster& cluster,
                                                 const PlacedGroup& group,
                                                 const Choice& choice) const {
  return candidate_of(Shape<Numbers>{in, cluster, group, all_reduce_}, choice.candidate->algorithm,
                      choice.candidate->protocol);
}

template <class Numbers>
AtSizeOf<Numbers> CollectiveChoice::at_size_of(const Numbers& in,
                                               const CandidateOf<Numbers>& candidate,
                                               Bytes bytes) const {
  AtSizeOf<Numbers> at{real(amount(in.given("bytes", bytes, kFromOp))), candidate.latency};
  const Algorithm algorithm = candidate.algorithm;
  if (algorithm == Algorithm::kNvls || algorithm == Algorithm::kNvlsTree) {
    const std::int64_t pieces = kNvlsChannels * heads_;
    const std::int64_t chunk = nvls_chunk(algorithm, bytes.value(), pieces);
    const auto fill = in.given("pipeline_fill", Bytes(kNvlsChunksInFlight * pieces * chunk),
                               "NVIDIA/nccl src/enqueue.cc calcCollChunking: 3 chunks in flight");
    at.bytes = at.bytes + real(amount(fill));
  } else if (algorithm == Algorithm::kTree) {
    at.bytes = at.bytes / in.given("tree_correction", tree_correction(candidate.protocol, bytes),
                                   kTuningSource);
  } else if (plateau_bytes_ > 0 && bytes.value() >= plateau_bytes_ &&
             algorithm == Algorithm::kRing && candidate.protocol == Protocol::kSimple) {
    at.latency = at.latency * in.given("plateau", kRingPlateau, kTuningSource);
  }
  return at;
}

template <class Numbers>
AtSizeOf<Numbers> CollectiveChoice::at_size(const Numbers& in,
                                            const CandidateOf<Numbers>& candidate,
                                            const Choice& /*choice*/, Bytes bytes) const {
  return at_size_of(in, candidate, bytes);
}

template CandidateOf<Tracing> CollectiveChoice::candidate(const Tracing&, const Cluster&,
                                                          const PlacedGroup&, const Choice&) const;
template AtSizeOf<Tracing> CollectiveChoice::at_size(const Tracing&, const CandidateOf<Tracing>&,
                                                     const Choice&, Bytes) const;

CollectiveChoice::Choice CollectiveChoice::best(Bytes bytes) const {
  Choice best;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < count_; ++i) {
    const Candidate& candidate = candidates_[i];
    const AtSizeOf<Plain> at = at_size_of(Plain{}, candidate, bytes);
    const double time = (at.latency + candidate.loads.latency + constant_[i]).value() +
                        at.bytes * seconds_per_byte_[i];
    if (best.candidate == nullptr || time < least) {
      least = time;
      best = {&candidate, at};
    }
  }
  return best;
}

}  // namespace seqspan::sim::nccl
