#include "sim/network/regular_placement.hpp"

#include <algorithm>

#include "sim/network/topology.hpp"

namespace seqspan::sim {
namespace {

bool divides(std::int64_t a, std::int64_t b) { return b % a == 0; }

// Members of a group in each aligned part of `gpus` GPUs that has any; 0 where parts differ. A tile
// holds whole parts.
std::int64_t members_per_part(std::int64_t gpus, GroupShape shape) {
  if (shape.runs > 1) {
    if (gpus > shape.run_stride) {
      return divides(shape.run_stride, gpus) ? gpus / shape.run_stride * shape.run() : 0;
    }
    if (!divides(gpus, shape.run_stride)) return 0;
    if (gpus >= shape.block()) return divides(shape.block(), gpus) ? shape.run() : 0;
    if (!divides(gpus, shape.block())) return 0;
  }
  if (divides(gpus, shape.stride)) return 1;
  return divides(shape.stride, gpus) ? gpus / shape.stride : 0;
}

// Members that send out of their domain by the same NIC: of the last run in the domain, the last
// of each group.
double leavers_per_nic(GroupShape shape, double gpus_per_nic) {
  const double gpus =
      shape.runs > 1 ? std::min(gpus_per_nic, static_cast<double>(shape.run_stride)) : gpus_per_nic;
  const auto stride = static_cast<double>(shape.stride);
  const auto block = static_cast<double>(shape.block());
  return gpus > block ? gpus / block * stride : std::min(stride, gpus);
}

PlacedGroup placed_group(GroupShape shape, std::int64_t world, std::int64_t domains,
                         std::int64_t domain_members) {
  PlacedGroup placed;
  placed.shape = shape;
  placed.world = world;
  placed.domains = domains;
  placed.domain_members = domain_members;
  return placed;
}

PlacedGroup inside_one_domain(GroupShape shape, std::int64_t world) {
  PlacedGroup placed = placed_group(shape, world, 1, shape.size);
  const auto n = static_cast<double>(shape.size);
  placed.all_to_all.nvlink = (n - 1) / n;
  placed.ring_collective.nvlink = (n - 1) / n;
  placed.ring_shift.nvlink = 1;
  placed.hop.nvlink = 1;
  return placed;
}

}  // namespace

std::optional<PlacedGroup> place_regular(const Cluster& cluster, GroupShape shape,
                                         std::int64_t world) {
  if (shape.size <= 1) return placed_group(shape, world, 1, 1);
  const Topology topology(cluster);
  const std::int64_t tile = shape.tile();
  if (world < tile || !divides(tile, world)) return std::nullopt;

  const std::int64_t domain = topology.domain_gpus();
  if (world <= domain || divides(tile, domain)) return inside_one_domain(shape, world);

  const std::int64_t gpus = topology.gpus_per_node();
  const std::int64_t nics = topology.nics_per_node();
  const std::int64_t in_domain = members_per_part(domain, shape);
  if (!divides(domain, tile) || !divides(gpus, domain) || in_domain == 0) return std::nullopt;
  if (!divides(gpus, nics) && !divides(nics, gpus)) return std::nullopt;
  if (cluster.rails && !divides(gpus, shape.stride)) return std::nullopt;
  if (shape.runs > 1) {
    const std::int64_t per_nic = std::max<std::int64_t>(1, gpus / nics);
    for (const std::int64_t part : {shape.block(), shape.run_stride}) {
      if (!divides(part, per_nic) && !divides(per_nic, part)) return std::nullopt;
    }
  }

  const auto n = static_cast<double>(shape.size);
  const auto k = static_cast<double>(in_domain);
  const double gpus_per_nic = static_cast<double>(gpus) / static_cast<double>(nics);

  PlacedGroup placed = placed_group(shape, world, shape.size / in_domain, in_domain);
  placed.all_to_all.nvlink = (k - 1) / n;
  placed.all_to_all.nic = (n - k) / n * gpus_per_nic;
  placed.ring_collective.nvlink = (n - 1) / n * (k - 1) / k;
  placed.ring_collective.nic = (n - 1) / (n * k) * gpus_per_nic;
  placed.ring_shift.nvlink = in_domain > 1 ? 1 : 0;
  // The last `stride` GPUs of a domain, or of each block of its last run, send out of it; the first
  // receive.
  placed.ring_shift.nic = leavers_per_nic(shape, gpus_per_nic);

  if (cluster.pcie) {
    placed.all_to_all.pcie = (n - k) / n;
    placed.ring_collective.pcie = (n - 1) / (n * k);
    placed.ring_shift.pcie = 1;
  }

  // Members under a leaf and in a pod; all where the tile does not cross them.
  const auto members_within = [&](std::int64_t part, std::int64_t below) -> std::int64_t {
    if (part == 0 || world <= part || divides(tile, part)) return shape.size;
    return divides(part, tile) && divides(below, part) ? members_per_part(part, shape) : 0;
  };
  const std::int64_t leaf = topology.leaf_gpus();
  const std::int64_t in_leaf = members_within(leaf, domain);
  const std::int64_t in_pod = members_within(cluster.nodes_per_pod * gpus, leaf);
  if (in_leaf == 0 || in_pod == 0) return std::nullopt;
  if (in_leaf < shape.size) {
    const auto m = static_cast<double>(in_leaf);
    placed.all_to_all.spine = (n - m) / n * gpus_per_nic;
    placed.ring_collective.spine = (n - 1) / (n * m) * gpus_per_nic;
    placed.ring_shift.spine = gpus_per_nic / m;
    placed.all_to_all.latency = placed.ring_shift.latency = 2 * cluster.switch_latency;
    // The first step of the fastest kind is not waited for: one inside a leaf, else under a spine.
    const double over_spine = n / m - (in_leaf == in_domain ? 1 : 0);
    placed.ring_collective.latency = 2 * over_spine * cluster.switch_latency;
  }
  if (in_pod < shape.size) {
    const auto p = static_cast<double>(in_pod);
    placed.all_to_all.core = (n - p) / n * gpus_per_nic;
    placed.ring_collective.core = (n - 1) / (n * p) * gpus_per_nic;
    placed.ring_shift.core = gpus_per_nic / p;
    placed.all_to_all.latency = placed.ring_shift.latency = 4 * cluster.switch_latency;
    const double over_core = n / p - (in_pod == in_domain ? 1 : 0);
    placed.ring_collective.latency += 2 * over_core * cluster.switch_latency;
  }
  placed.hop = placed.ring_shift;
  return placed;
}

}  // namespace seqspan::sim
