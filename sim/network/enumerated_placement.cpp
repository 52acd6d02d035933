#include "sim/network/enumerated_placement.hpp"

#include <algorithm>
#include <numeric>

#include "sim/cluster/tiers.hpp"
#include "sim/network/enumerated_group.hpp"
#include "sim/network/enumerated_patterns.hpp"

namespace seqspan::sim {
namespace {

// What one pattern of all groups puts on the links, and on the latency.
class Counter {
 public:
  Counter(const Cluster& cluster, const Tiers& tiers) : links(cluster, tiers), cluster_(cluster) {}

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

void count_domains(const EnumeratedGroup& group, PlacedGroup& placed) {
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
  for (std::int64_t start = 0; start + tile <= world; start += tile) {
    for (std::int64_t sibling = 0; sibling < shape.siblings(); ++sibling) {
      const EnumeratedGroup group(tiers, shape, start + shape.first(sibling));
      count_domains(group, placed);
      count_all_to_all(group, all_to_all.links, all_to_all.further);
      count_ring_collective(group, ring_collective.links, ring_collective.further);
      count_shift(group, true, ring_shift.links, ring_shift.further);
      count_shift(group, false, hop.links, hop.further);
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
