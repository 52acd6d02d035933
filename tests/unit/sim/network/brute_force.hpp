// Loads by sending every message of every group over its route, one at a time: what
// placed_group.hpp describes, without any of its arithmetic.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <tuple>
#include <vector>

#include "sim/network/placed_group.hpp"

namespace seqspan::sim::test {

using Ranks = std::vector<std::int64_t>;

class LinkMeter {
 public:
  explicit LinkMeter(const Cluster& cluster) : cluster_(cluster) {}

  void send(std::int64_t from, std::int64_t to, double bytes) {
    sent_ += bytes;
    if (from / cluster_.nvlink_domain == to / cluster_.nvlink_domain) {
      nvlink_[{0, from}] += bytes;
      nvlink_[{1, to}] += bytes;
      return;
    }
    use_nics(0, from, bytes);
    use_nics(1, to, bytes);
    if (cluster_.nodes_per_leaf == 0 || leaf(from) == leaf(to)) return;
    uplink_[{0, leaf(from)}] += bytes;
    uplink_[{1, leaf(to)}] += bytes;
  }

  [[nodiscard]] LinkLoads busiest() const {
    LinkLoads loads;
    for (const auto& [link, bytes] : nvlink_) loads.nvlink = std::max(loads.nvlink, bytes);
    for (const auto& [link, bytes] : nic_) loads.nic = std::max(loads.nic, bytes);
    for (const auto& [link, bytes] : uplink_) {
      std::int64_t nics = 0;
      for (std::int64_t node = 0; node < cluster_.nodes; ++node) {
        if (node / cluster_.nodes_per_leaf == link.second) nics += cluster_.nics_per_node;
      }
      loads.spine = std::max(loads.spine, bytes / static_cast<double>(nics));
    }
    return loads;
  }
  // What all ranks send over any link.
  [[nodiscard]] double sent() const { return sent_; }

 private:
  using Link = std::pair<int, std::int64_t>;  // direction, number

  [[nodiscard]] std::int64_t leaf(std::int64_t gpu) const {
    return gpu / cluster_.gpus_per_node / cluster_.nodes_per_leaf;
  }
  void use_nics(int direction, std::int64_t gpu, double bytes) {
    const std::int64_t gpus = cluster_.gpus_per_node;
    const std::int64_t nics = cluster_.nics_per_node;
    std::vector<std::int64_t> own;
    for (std::int64_t nic = 0; nic < nics; ++nic) {
      // With as many NICs or more, those that start in the GPU's part of the node; else the one.
      const bool mine =
          nics >= gpus ? nic >= gpu % gpus * nics / gpus && nic < (gpu % gpus + 1) * nics / gpus
                       : nic == gpu % gpus * nics / gpus;
      if (mine) own.push_back(gpu / gpus * nics + nic);
    }
    for (const std::int64_t nic : own) {
      nic_[{direction, nic}] += bytes / static_cast<double>(own.size());
    }
  }

  const Cluster& cluster_;
  double sent_ = 0;
  std::map<Link, double> nvlink_;
  std::map<Link, double> nic_;
  std::map<Link, double> uplink_;
};

inline std::vector<Ranks> groups_of(GroupShape shape, std::int64_t world) {
  // Ranks of a tile are siblings where they differ in where they are in a run, or in the run.
  const std::int64_t block = shape.size / shape.runs * shape.stride;
  const std::int64_t tile = shape.runs == 1 ? block : shape.runs * shape.run_stride;
  std::map<std::tuple<std::int64_t, std::int64_t, std::int64_t>, Ranks> siblings;
  for (std::int64_t rank = 0; rank < world / tile * tile; ++rank) {
    const std::int64_t in_run = shape.runs == 1 ? rank % tile : rank % shape.run_stride;
    siblings[{rank / tile, in_run / block, rank % shape.stride}].push_back(rank);
  }
  std::vector<Ranks> groups;
  for (const auto& [where, ranks] : siblings) groups.push_back(ranks);
  return groups;
}

inline void send_all_to_all(const Ranks& gpus, LinkMeter& meter) {
  for (const std::int64_t from : gpus) {
    for (const std::int64_t to : gpus) {
      if (from != to) meter.send(from, to, 1.0 / static_cast<double>(gpus.size()));
    }
  }
}

inline void send_shift(const Ranks& gpus, bool wrap, LinkMeter& meter) {
  for (std::size_t i = 0; i + 1 < gpus.size(); ++i) meter.send(gpus[i], gpus[i + 1], 1);
  if (wrap) meter.send(gpus.back(), gpus.front(), 1);
}

// Every member of a domain is equally often where a channel's ring leaves it and enters it.
inline void send_ring_collective(const Cluster& cluster, const Ranks& gpus, LinkMeter& meter) {
  std::vector<Ranks> domains;  // in ring order
  for (const std::int64_t gpu : gpus) {
    if (domains.empty() ||
        domains.back().front() / cluster.nvlink_domain != gpu / cluster.nvlink_domain) {
      domains.emplace_back();
    }
    domains.back().push_back(gpu);
  }
  const auto n = static_cast<double>(gpus.size());
  const double edge = (n - 1) / n;
  if (domains.size() == 1) {
    for (std::size_t i = 0; i < gpus.size(); ++i) {
      meter.send(gpus[i], gpus[(i + 1) % gpus.size()], edge);
    }
    return;
  }
  for (std::size_t d = 0; d < domains.size(); ++d) {
    const Ranks& here = domains[d];
    const Ranks& next = domains[(d + 1) % domains.size()];
    for (const std::int64_t from : here) {
      for (const std::int64_t to : here) {
        if (from != to) meter.send(from, to, edge / static_cast<double>(here.size()));
      }
      for (const std::int64_t to : next) {
        meter.send(from, to, edge / static_cast<double>(here.size() * next.size()));
      }
    }
  }
}

struct BruteForce {
  LinkLoads loads;
  double sent = 0;
};

// `place_rank`: the GPU of a rank.
inline BruteForce simulate(const Cluster& cluster, GroupShape shape, std::int64_t world,
                           Collective collective,
                           const std::function<std::int64_t(std::int64_t)>& place_rank) {
  LinkMeter meter(cluster);
  for (Ranks group : groups_of(shape, world)) {
    for (std::int64_t& rank : group) rank = place_rank(rank);
    if (group.size() < 2) continue;
    if (collective == Collective::kAllToAll) send_all_to_all(group, meter);
    if (collective == Collective::kAllGather) send_ring_collective(cluster, group, meter);
    if (collective == Collective::kRingShift) send_shift(group, true, meter);
    if (collective == Collective::kPointToPoint) send_shift(group, false, meter);
  }
  return {meter.busiest(), meter.sent()};
}

inline BruteForce simulate(const Cluster& cluster, GroupShape shape, std::int64_t world,
                           Collective collective) {
  return simulate(cluster, shape, world, collective, [](std::int64_t rank) { return rank; });
}

inline constexpr Collective kPatterns[] = {Collective::kAllToAll, Collective::kAllGather,
                                           Collective::kRingShift, Collective::kPointToPoint};

}  // namespace seqspan::sim::test
