#include "sim/network/enumerated_placement.hpp"

#include <algorithm>
#include <vector>

#include "sim/network/topology.hpp"

namespace seqspan::sim {
namespace {

// Members [first, end) of a group, by position in the group.
struct Run {
  std::int64_t first = 0;
  std::int64_t end = 0;

  [[nodiscard]] std::int64_t size() const { return end - first; }
  [[nodiscard]] bool holds(std::int64_t i) const { return first <= i && i < end; }
};

std::int64_t overlap(Run a, Run b) {
  return std::max<std::int64_t>(0, std::min(a.end, b.end) - std::max(a.first, b.first));
}

double ratio(std::int64_t a, std::int64_t b) {
  return static_cast<double>(a) / static_cast<double>(b);
}

// The ranks of one group.
class Group {
 public:
  Group(const Topology& topology, GroupShape shape, std::int64_t first_rank)
      : topology_(topology), shape_(shape), first_rank_(first_rank) {}

  [[nodiscard]] std::int64_t size() const { return shape_.size; }
  [[nodiscard]] std::int64_t rank(std::int64_t i) const { return first_rank_ + i * shape_.stride; }

  // Members in the NVLink domain of member i.
  [[nodiscard]] Run in_domain(std::int64_t i) const {
    const std::int64_t begin = topology_.domain_of(rank(i)) * topology_.domain_gpus();
    return members_between(begin, begin + topology_.domain_gpus());
  }
  // Members under the leaf of member i; all where there is no spine.
  [[nodiscard]] Run in_leaf(std::int64_t i) const {
    if (topology_.leaf_gpus() == 0) return {0, size()};
    const std::int64_t begin = topology_.leaf_of(rank(i)) * topology_.leaf_gpus();
    return members_between(begin, begin + topology_.leaf_gpus());
  }

 private:
  // Members with ranks in [begin, end).
  [[nodiscard]] Run members_between(std::int64_t begin, std::int64_t end) const {
    return {members_below(begin), members_below(end)};
  }
  [[nodiscard]] std::int64_t members_below(std::int64_t bound) const {
    const std::int64_t distance = std::max<std::int64_t>(0, bound - first_rank_);
    return std::min(size(), (distance + shape_.stride - 1) / shape_.stride);
  }

  const Topology& topology_;
  GroupShape shape_;
  std::int64_t first_rank_;
};

// Bytes on every link, in each direction, of one pattern.
class LinkCounter {
 public:
  LinkCounter(const Topology& topology, std::int64_t world) : topology_(topology), world_(world) {
    const std::int64_t nodes = (world + topology.gpus_per_node() - 1) / topology.gpus_per_node();
    const auto nics = static_cast<std::size_t>(nodes * topology.nics_per_node());
    nic_out_.resize(nics);
    nic_in_.resize(nics);
    const auto leaves = static_cast<std::size_t>(topology.leaf_of(world - 1) + 1);
    leaf_out_.resize(leaves);
    leaf_in_.resize(leaves);
  }

  // What a GPU sends and receives over NVLink; each GPU once.
  void nvlink(double bytes) { nvlink_ = std::max(nvlink_, bytes); }
  // Bytes that a GPU sends, and receives, over its NICs, and how much of that crosses the spine.
  void send(std::int64_t gpu, double bytes, double over_spine) {
    add(gpu, bytes, over_spine, nic_out_, leaf_out_);
  }
  void receive(std::int64_t gpu, double bytes, double over_spine) {
    add(gpu, bytes, over_spine, nic_in_, leaf_in_);
  }

  [[nodiscard]] LinkLoads busiest() const {
    LinkLoads loads;
    loads.nvlink = nvlink_;
    for (const double bytes : nic_out_) loads.nic = std::max(loads.nic, bytes);
    for (const double bytes : nic_in_) loads.nic = std::max(loads.nic, bytes);
    for (std::size_t leaf = 0; leaf < leaf_out_.size() && topology_.leaf_gpus() > 0; ++leaf) {
      const auto nics =
          static_cast<double>(topology_.leaf_nics(static_cast<std::int64_t>(leaf), world_));
      loads.spine = std::max(loads.spine, std::max(leaf_out_[leaf], leaf_in_[leaf]) / nics);
    }
    return loads;
  }

 private:
  void add(std::int64_t gpu, double bytes, double over_spine, std::vector<double>& nics,
           std::vector<double>& leaves) const {
    const NicRange own = topology_.nics_of(gpu);
    for (std::int64_t i = 0; i < own.count; ++i) {
      nics[static_cast<std::size_t>(own.first + i)] += bytes / static_cast<double>(own.count);
    }
    leaves[static_cast<std::size_t>(topology_.leaf_of(gpu))] += over_spine;
  }

  const Topology& topology_;
  std::int64_t world_;
  double nvlink_ = 0;
  std::vector<double> nic_out_;
  std::vector<double> nic_in_;
  std::vector<double> leaf_out_;
  std::vector<double> leaf_in_;
};

void count_all_to_all(const Group& group, LinkCounter& links) {
  const std::int64_t n = group.size();
  for (std::int64_t i = 0; i < n; ++i) {
    const Run domain = group.in_domain(i);
    const Run leaf = group.in_leaf(i);
    // Both hold i, so that what lies in either is one run.
    const std::int64_t near = std::max(domain.end, leaf.end) - std::min(domain.first, leaf.first);
    const double out = ratio(n - domain.size(), n);
    const double over_spine = ratio(n - near, n);
    links.nvlink(ratio(domain.size() - 1, n));
    links.send(group.rank(i), out, over_spine);
    links.receive(group.rank(i), out, over_spine);
  }
}

void count_ring_collective(const Group& group, LinkCounter& links) {
  const std::int64_t n = group.size();
  const double edge = ratio(n - 1, n);
  for (std::int64_t i = 0; i < n; ++i) {
    const Run domain = group.in_domain(i);
    if (domain.size() == n) {
      links.nvlink(edge);
      continue;
    }
    const Run leaf = group.in_leaf(i);
    const Run next = group.in_domain(domain.end % n);
    const Run previous = group.in_domain((domain.first + n - 1) % n);
    const double share = edge / static_cast<double>(domain.size());
    links.nvlink(edge * ratio(domain.size() - 1, domain.size()));
    links.send(group.rank(i), share, share * (1 - ratio(overlap(next, leaf), next.size())));
    links.receive(group.rank(i), share,
                  share * (1 - ratio(overlap(previous, leaf), previous.size())));
  }
}

// Every member but, without `wrap`, the last sends one byte to its successor.
void count_shift(const Group& group, bool wrap, LinkCounter& links) {
  const std::int64_t n = group.size();
  for (std::int64_t i = 0; i < (wrap ? n : n - 1); ++i) {
    const std::int64_t successor = (i + 1) % n;
    if (group.in_domain(i).holds(successor)) {
      links.nvlink(1);
      continue;
    }
    const double over_spine = group.in_leaf(i).holds(successor) ? 0 : 1;
    links.send(group.rank(i), 1, over_spine);
    links.receive(group.rank(successor), 1, over_spine);
  }
}

void count_domains(const Group& group, PlacedGroup& placed) {
  std::int64_t domains = 0;
  for (std::int64_t i = 0; i < group.size(); i = group.in_domain(i).end) {
    placed.domain_members = std::max(placed.domain_members, group.in_domain(i).size());
    ++domains;
  }
  placed.domains = std::max(placed.domains, domains);
}

}  // namespace

PlacedGroup place_by_enumeration(const Cluster& cluster, GroupShape shape, std::int64_t world) {
  PlacedGroup placed{shape, world, 1, 1, {}, {}, {}, {}};
  const std::int64_t tile = shape.size * shape.stride;
  if (shape.size <= 1 || world < tile) return placed;

  const Topology topology(cluster);
  LinkCounter all_to_all(topology, world);
  LinkCounter ring_collective(topology, world);
  LinkCounter ring_shift(topology, world);
  LinkCounter hop(topology, world);
  for (std::int64_t start = 0; start + tile <= world; start += tile) {
    for (std::int64_t first = start; first < start + shape.stride; ++first) {
      const Group group(topology, shape, first);
      count_domains(group, placed);
      count_all_to_all(group, all_to_all);
      count_ring_collective(group, ring_collective);
      count_shift(group, true, ring_shift);
      count_shift(group, false, hop);
    }
  }
  placed.all_to_all = all_to_all.busiest();
  placed.ring_collective = ring_collective.busiest();
  placed.ring_shift = ring_shift.busiest();
  placed.hop = hop.busiest();
  return placed;
}

}  // namespace seqspan::sim
