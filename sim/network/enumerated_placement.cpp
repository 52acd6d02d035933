#include "sim/network/enumerated_placement.hpp"

#include <algorithm>
#include <numeric>
#include <optional>
#include <vector>

namespace seqspan::sim {
namespace {

// Members [first, end) of a group, by position in the group.
struct Run {
  std::int64_t first = 0;
  std::int64_t end = 0;

  [[nodiscard]] std::int64_t size() const { return end - first; }
  [[nodiscard]] bool holds(std::int64_t i) const { return first <= i && i < end; }
};

// Of two runs that have a member in common.
Run join(Run a, Run b) { return {std::min(a.first, b.first), std::max(a.end, b.end)}; }

double ratio(std::int64_t a, std::int64_t b) {
  return static_cast<double>(a) / static_cast<double>(b);
}

// The ranks of one group.
class Group {
 public:
  Group(const Tiers& tiers, GroupShape shape, std::int64_t first_rank)
      : tiers_(tiers), shape_(shape), first_rank_(first_rank) {}

  [[nodiscard]] std::int64_t size() const { return shape_.size; }
  [[nodiscard]] std::int64_t rank(std::int64_t i) const { return first_rank_ + shape_.offset(i); }
  [[nodiscard]] std::int64_t node(std::int64_t i) const { return tiers_.node_of_gpu(rank(i)); }

  // Members in the node, the NVLink domain, the leaf group and the pod of member i.
  [[nodiscard]] Run in_node(std::int64_t i) const { return in_part(i, tiers_.gpus_per_node); }
  [[nodiscard]] Run in_domain(std::int64_t i) const { return in_part(i, tiers_.domain_gpus); }
  [[nodiscard]] Run in_leaf(std::int64_t i) const {
    return in_part(i, tiers_.nodes_per_leaf * tiers_.gpus_per_node);
  }
  [[nodiscard]] Run in_pod(std::int64_t i) const {
    return in_part(i, tiers_.nodes_per_pod * tiers_.gpus_per_node);
  }

 private:
  [[nodiscard]] Run in_part(std::int64_t i, std::int64_t gpus) const {
    const std::int64_t begin = rank(i) / gpus * gpus;
    return {members_below(begin), members_below(begin + gpus)};
  }
  [[nodiscard]] std::int64_t members_below(std::int64_t bound) const {
    const std::int64_t distance = std::max<std::int64_t>(0, bound - first_rank_);
    const auto in_run = [&](std::int64_t within) {
      return std::min(shape_.run(), (within + shape_.stride - 1) / shape_.stride);
    };
    if (shape_.runs == 1) return in_run(distance);
    const std::int64_t whole = distance / shape_.run_stride;
    if (whole >= shape_.runs) return size();
    return whole * shape_.run() + in_run(distance % shape_.run_stride);
  }

  const Tiers& tiers_;
  GroupShape shape_;
  std::int64_t first_rank_;
};

// Positions of a group's members by rail class.
class ByRail {
 public:
  ByRail(const TierTraffic& links, const Group& group)
      : positions_(static_cast<std::size_t>(links.tiers().pcie_per_node)) {
    for (std::int64_t i = 0; i < group.size(); ++i) {
      auto& on_rail = positions_[static_cast<std::size_t>(links.rail_of(group.rank(i)))];
      if (on_rail.empty()) rails_.push_back(links.rail_of(group.rank(i)));
      on_rail.push_back(i);
    }
  }

  // Rails with members.
  [[nodiscard]] const std::vector<std::int64_t>& rails() const { return rails_; }
  [[nodiscard]] std::int64_t count(std::int64_t rail) const {
    return static_cast<std::int64_t>(on(rail).size());
  }
  [[nodiscard]] std::int64_t count(std::int64_t rail, Run run) const {
    return lower(rail, run.end) - lower(rail, run.first);
  }
  [[nodiscard]] std::optional<std::int64_t> first(std::int64_t rail, Run run) const {
    const std::int64_t at = lower(rail, run.first);
    if (at == count(rail) || !run.holds(on(rail)[static_cast<std::size_t>(at)])) return {};
    return on(rail)[static_cast<std::size_t>(at)];
  }
  // Calls visit(position) for the members of a run on a rail.
  template <class Visit>
  void for_each(std::int64_t rail, Run run, Visit visit) const {
    const std::int64_t end = lower(rail, run.end);
    for (std::int64_t i = lower(rail, run.first); i < end; ++i) {
      visit(on(rail)[static_cast<std::size_t>(i)]);
    }
  }

 private:
  [[nodiscard]] const std::vector<std::int64_t>& on(std::int64_t rail) const {
    return positions_[static_cast<std::size_t>(rail)];
  }
  [[nodiscard]] std::int64_t lower(std::int64_t rail, std::int64_t position) const {
    return std::lower_bound(on(rail).begin(), on(rail).end(), position) - on(rail).begin();
  }

  std::vector<std::vector<std::int64_t>> positions_;
  std::vector<std::int64_t> rails_;
};

// One pattern: what it puts on the links, and on the latency.
class Counter {
 public:
  Counter(const Cluster& cluster, const Tiers& tiers) : links(cluster, tiers), cluster_(cluster) {}

  void note_message(std::int64_t from, std::int64_t to) {
    further = std::max(further, links.further_latency(from, to));
  }
  void note_ring(Seconds slowest) { further = std::max(further, slowest); }

  [[nodiscard]] LinkLoads busiest(const NicWeights& weights) const {
    LinkLoads loads = links.busiest(weights);
    loads.latency = further;
    return loads;
  }
  // The further latency of a message counts beyond that of the slowest kind of link in use.
  [[nodiscard]] LinkLoads busiest_of_messages(const NicWeights& weights) const {
    LinkLoads loads = busiest(weights);
    const Seconds nvlink = cluster_.device.nvlink.message_latency;
    const Seconds nic = cluster_.nic.message_latency;
    if (loads.nic > 0 && loads.nvlink > 0 && nvlink > nic) {
      loads.latency = std::max(Seconds(0), loads.latency - (nvlink - nic));
    }
    return loads;
  }

  TierTraffic links;
  Seconds further;

 private:
  const Cluster& cluster_;
};

// ---- all-to-all

// Without PXN a rank sends by its own NICs. On rails it shares a leaf only with its own rail.
void count_direct(const Group& group, const ByRail* rails, TierTraffic& links) {
  const std::int64_t n = group.size();
  for (std::int64_t i = 0; i < n; ++i) {
    const std::int64_t gpu = group.rank(i);
    const std::int64_t node = group.node(i);
    const std::int64_t rail = links.rail_of(gpu);
    const Run domain = group.in_domain(i);
    const Run leaf = group.in_leaf(i);
    std::int64_t near = join(domain, leaf).size();
    if (rails != nullptr) {
      const Run both = {std::max(domain.first, leaf.first), std::min(domain.end, leaf.end)};
      near = domain.size() + rails->count(rail, leaf) - rails->count(rail, both);
    }
    const double far = ratio(n - domain.size(), n);
    const double over_spine = ratio(n - near, n);
    const double over_core = ratio(n - join(domain, group.in_pod(i)).size(), n);
    for (const Direction direction : {Direction::kOut, Direction::kIn}) {
      links.nvlink(gpu, direction, ratio(domain.size() - 1, n));
      links.nics(gpu, direction, far);
      links.spine(node, rail, direction, over_spine);
      links.core(node, direction, over_core);
    }
  }
}

// With PXN the members of a node send to each rail by the NICs of that rail, whoever sends.
void count_relayed(const Group& group, const ByRail& rails, TierTraffic& links) {
  const std::int64_t n = group.size();
  for (std::int64_t i = 0; i < n;) {
    const Run node_run = group.in_node(i);
    const Run domain = group.in_domain(i);
    const Run near_leaf = join(domain, group.in_leaf(i));
    const Run near_pod = join(domain, group.in_pod(i));
    const std::int64_t node = group.node(i);
    const std::int64_t far = n - domain.size();
    for (const std::int64_t rail : rails.rails()) {
      const std::int64_t here = rails.count(rail, node_run);
      const std::int64_t far_on_rail = rails.count(rail) - rails.count(rail, domain);
      const auto members = static_cast<double>(node_run.size());
      const double each = ratio(far_on_rail, n);
      rails.for_each(rail, node_run, [&](std::int64_t member) {
        const std::int64_t gpu = group.rank(member);
        links.nvlink(gpu, Direction::kOut, ratio(domain.size() - 1 + far - far_on_rail, n));
        links.nvlink(gpu, Direction::kIn, ratio(domain.size() - 1, n));
        links.nics(gpu, Direction::kOut, each);
        links.nics(gpu, Direction::kIn, ratio(far, n));
      });
      if (far_on_rail == 0) continue;
      links.relay(node, rail, (members - static_cast<double>(here)) * each);
      links.spine(node, rail, Direction::kOut,
                  members * ratio(rails.count(rail) - rails.count(rail, near_leaf), n));
    }
    for (std::int64_t member = node_run.first; member < node_run.end; ++member) {
      links.spine(node, links.rail_of(group.rank(member)), Direction::kIn,
                  ratio(n - near_leaf.size(), n));
      for (const Direction direction : {Direction::kOut, Direction::kIn}) {
        links.core(node, direction, ratio(n - near_pod.size(), n));
      }
    }
    i = node_run.end;
  }
}

void count_all_to_all(const Group& group, const ByRail* rails, TierTraffic& links) {
  if (links.relays()) {
    count_relayed(group, *rails, links);
  } else {
    count_direct(group, rails, links);
  }
}

// The most that a route between two members adds to the latency. Of every member, one peer of each
// rail in each of the parts beyond its domain, leaf group and pod; until nothing can be slower.
void note_latencies(const Group& group, const ByRail* rails, const TierTraffic& links,
                    Seconds& further) {
  const std::int64_t n = group.size();
  const auto note = [&](std::int64_t i, std::int64_t j) {
    further = std::max(further, links.further_latency(group.rank(i), group.rank(j)));
  };
  for (std::int64_t i = 0; i < n; ++i) {
    if (further >= links.most_further_latency()) return;
    const Run domain = group.in_domain(i);
    for (const Run part : {domain, join(domain, group.in_leaf(i)), join(domain, group.in_pod(i))}) {
      for (const Run side : {Run{0, part.first}, Run{part.end, n}}) {
        if (side.size() == 0) continue;
        note(i, side.first);
        if (rails == nullptr) continue;
        for (const std::int64_t rail : rails->rails()) {
          if (const auto peer = rails->first(rail, side)) note(i, *peer);
        }
      }
    }
  }
}

// ---- rings

// Calls visit(member, peer, part): where member i of a domain sends its part of a ring, and where
// it is received from is the same the other way around.
template <class Visit>
void for_each_exit(const Group& group, const ByRail* rails, const TierTraffic& links, Run here,
                   Run next, Visit visit) {
  for (std::int64_t i = here.first; i < here.end; ++i) {
    const std::int64_t rail = links.rail_of(group.rank(i));
    const std::int64_t same = rails == nullptr ? 0 : rails->count(rail, next);
    if (same > 0) {
      rails->for_each(rail, next,
                      [&](std::int64_t j) { visit(i, j, 1 / static_cast<double>(same)); });
    } else {
      for (std::int64_t j = next.first; j < next.end; ++j) visit(i, j, ratio(1, next.size()));
    }
  }
}

void count_ring_collective(const Group& group, const ByRail* rails, Counter& counter) {
  const std::int64_t n = group.size();
  const double edge = ratio(n - 1, n);
  TierTraffic& links = counter.links;
  Seconds sum;
  Seconds fastest;
  for (std::int64_t first = 0; first < n;) {
    const Run here = group.in_domain(first);
    for (std::int64_t i = here.first; i < here.end; ++i) {
      const double port = here.size() == n ? edge : edge * ratio(here.size() - 1, here.size());
      links.nvlink(group.rank(i), Direction::kOut, port);
      links.nvlink(group.rank(i), Direction::kIn, port);
    }
    if (here.size() == n) return;
    const Run next = group.in_domain(here.end % n);
    const double share = edge / static_cast<double>(here.size());
    Seconds further;
    for_each_exit(
        group, rails, links, here, next, [&](std::int64_t i, std::int64_t j, double part) {
          links.send(group.rank(i), group.rank(j), share * part);
          further = std::max(further, links.further_latency(group.rank(i), group.rank(j)));
        });
    fastest = first == 0 ? further : std::min(fastest, further);
    sum += further;
    first = here.end;
  }
  counter.note_ring(sum - fastest);
}

// Every member but, without `wrap`, the last sends one byte to its successor.
void count_shift(const Group& group, bool wrap, Counter& counter) {
  const std::int64_t n = group.size();
  for (std::int64_t i = 0; i < (wrap ? n : n - 1); ++i) {
    const std::int64_t from = group.rank(i);
    const std::int64_t to = group.rank((i + 1) % n);
    counter.links.send(from, to, 1);
    counter.note_message(from, to);
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

// A part of the world whose links are loaded like all others; the world where there is none.
std::int64_t part_of_world(const Tiers& tiers, std::int64_t tile, std::int64_t world) {
  const std::int64_t part = std::lcm(tile, tiers.domain_gpus);
  if (part >= world || world % part != 0) return world;
  for (const std::int64_t nodes : {tiers.nodes_per_leaf, tiers.nodes_per_pod}) {
    const std::int64_t gpus = nodes * tiers.gpus_per_node;
    const bool inside = gpus % part == 0 && world >= gpus;
    if (!inside && part % gpus != 0) return world;
  }
  return part;
}

// Described clusters that hold `gpus` GPUs and no more.
Cluster resized(const Cluster& cluster, const Tiers& tiers, std::int64_t gpus) {
  Cluster part = cluster;
  part.nodes = (gpus + tiers.gpus_per_node - 1) / tiers.gpus_per_node;
  // Domains are counted from GPU 0; an unfinished one at the end is as good as a whole one.
  const std::int64_t per_domain =
      std::max<std::int64_t>(1, tiers.domain_gpus / tiers.gpus_per_node);
  part.nodes = (part.nodes + per_domain - 1) / per_domain * per_domain;
  return part;
}

PlacedGroup count(const Cluster& cluster, const Tiers& tiers, GroupShape shape, std::int64_t world,
                  const NicWeights& weights, BusiestNics* nics) {
  PlacedGroup placed;
  placed.shape = shape;
  const std::int64_t tile = shape.tile();
  Counter all_to_all(cluster, tiers);
  Counter ring_collective(cluster, tiers);
  Counter ring_shift(cluster, tiers);
  Counter hop(cluster, tiers);
  const bool on_rails = tiers.rails > 1;
  for (std::int64_t start = 0; start + tile <= world; start += tile) {
    for (std::int64_t sibling = 0; sibling < shape.siblings(); ++sibling) {
      const Group group(tiers, shape, start + shape.first(sibling));
      std::optional<ByRail> by_rail;
      if (on_rails) by_rail.emplace(all_to_all.links, group);
      const ByRail* rails = by_rail ? &*by_rail : nullptr;
      count_domains(group, placed);
      count_all_to_all(group, rails, all_to_all.links);
      note_latencies(group, rails, all_to_all.links, all_to_all.further);
      count_ring_collective(group, rails, ring_collective);
      count_shift(group, true, ring_shift);
      count_shift(group, false, hop);
    }
  }
  placed.all_to_all = all_to_all.busiest_of_messages(weights);
  placed.ring_collective = ring_collective.busiest(weights);
  placed.ring_shift = ring_shift.busiest_of_messages(weights);
  placed.hop = hop.busiest_of_messages(weights);
  if (nics != nullptr) {
    *nics = {all_to_all.links.busiest_nic(weights), ring_collective.links.busiest_nic(weights),
             ring_shift.links.busiest_nic(weights), hop.links.busiest_nic(weights)};
  }
  return placed;
}

}  // namespace

void count_all_to_all(GroupShape shape, std::int64_t first, TierTraffic& links, Seconds& further) {
  const Group group(links.tiers(), shape, first);
  std::optional<ByRail> rails;
  if (links.tiers().rails > 1) rails.emplace(links, group);
  count_all_to_all(group, rails ? &*rails : nullptr, links);
  note_latencies(group, rails ? &*rails : nullptr, links, further);
}

PlacedGroup place_by_enumeration(const Cluster& cluster, GroupShape shape, std::int64_t world) {
  PlacedGroup placed;
  placed.shape = shape;
  const std::int64_t tile = shape.tile();
  if (shape.size > 1 && world >= tile) {
    const Tiers whole(cluster);
    const std::int64_t part = part_of_world(whole, tile, world);
    if (part == world && world <= whole.gpus()) {
      placed = count(cluster, whole, shape, world, {}, nullptr);
    } else {
      const Cluster of_part = resized(cluster, whole, part);
      placed = count(of_part, Tiers(of_part), shape, part, {}, nullptr);
    }
  }
  placed.world = world;
  return placed;
}

PlacedGroup place_by_enumeration(const Cluster& cluster, GroupShape shape, std::int64_t world,
                                 const NicWeights& weights, BusiestNics& nics) {
  PlacedGroup placed;
  placed.shape = shape;
  if (shape.size > 1 && world >= shape.tile()) {
    placed = count(cluster, Tiers(cluster), shape, world, weights, &nics);
  }
  placed.world = world;
  return placed;
}

}  // namespace seqspan::sim
