#include "sim/network/tier_traffic.hpp"

#include <algorithm>

namespace seqspan::sim {
namespace {

std::vector<double> zeros(std::int64_t items) {
  return std::vector<double>(static_cast<std::size_t>(2 * items));
}

double largest(const std::vector<double>& loads) {
  return loads.empty() ? 0 : *std::max_element(loads.begin(), loads.end());
}

}  // namespace

TierTraffic::TierTraffic(const Cluster& cluster, const Tiers& tiers, bool with_pcie)
    : cluster_(&cluster),
      tiers_(&tiers),
      rails_(tiers.rails > 1),
      relays_(rails_ && cluster.pxn),
      nvlink_(zeros(tiers.gpus())),
      pcie_(cluster.pcie || with_pcie ? zeros(tiers.gpus()) : Loads{}),
      nic_(zeros(tiers.nics())),
      spine_(zeros(tiers.leaves())),
      core_(zeros(tiers.pods)) {}

std::int64_t TierTraffic::nics_of_class(std::int64_t rail) const {
  return tiers_->nics_per_node <= tiers_->gpus_per_node ? 1 : tiers_->nic_count(rail);
}

void TierTraffic::nics_of(std::int64_t node, std::int64_t rail, Direction direction, double bytes) {
  const bool shared = tiers_->nics_per_node <= tiers_->gpus_per_node;
  const std::int64_t first =
      node * tiers_->nics_per_node + (shared ? rail : tiers_->first_nic(rail));
  const std::int64_t count = nics_of_class(rail);
  for (std::int64_t i = 0; i < count; ++i) {
    at(nic_, first + i, direction) += bytes / static_cast<double>(count);
  }
}

void TierTraffic::nics(std::int64_t gpu, Direction direction, double bytes) {
  if (!pcie_.empty()) at(pcie_, gpu, direction) += bytes;
  nics_of(tiers_->node_of_gpu(gpu), rail_of(gpu), direction, bytes);
}

void TierTraffic::relay(std::int64_t node, std::int64_t rail, double bytes) {
  nics_of(node, rail, Direction::kOut, bytes);
  // GPU g of G is in class floor(g N / G): those from ceil(rail G / N) on.
  const std::int64_t gpus = tiers_->gpus_per_node;
  const std::int64_t classes = tiers_->pcie_per_node;
  const std::int64_t first = (rail * gpus + classes - 1) / classes;
  const std::int64_t end = ((rail + 1) * gpus + classes - 1) / classes;
  const double each = bytes / static_cast<double>(end - first);
  for (std::int64_t g = first; g < end; ++g) {
    nvlink(node * gpus + g, Direction::kIn, each);
    if (!pcie_.empty()) at(pcie_, node * gpus + g, Direction::kOut) += each;
  }
}

void TierTraffic::spine(std::int64_t node, std::int64_t rail, Direction direction, double bytes) {
  const std::int64_t group = tiers_->group_of_node(node);
  if (!rails_) {
    at(spine_, tiers_->leaf(0, group), direction) += bytes;
    return;
  }
  const bool shared = tiers_->nics_per_node <= tiers_->gpus_per_node;
  const std::int64_t first = shared ? rail : tiers_->first_nic(rail);
  const std::int64_t count = nics_of_class(rail);
  for (std::int64_t i = 0; i < count; ++i) {
    at(spine_, tiers_->leaf(first + i, group), direction) += bytes / static_cast<double>(count);
  }
}

void TierTraffic::send(std::int64_t from, std::int64_t to, double bytes) {
  const Tiers& t = *tiers_;
  if (t.domain_of(from) == t.domain_of(to)) {
    nvlink(from, Direction::kOut, bytes);
    nvlink(to, Direction::kIn, bytes);
    return;
  }
  const std::int64_t here = t.node_of_gpu(from);
  const std::int64_t there = t.node_of_gpu(to);
  const std::int64_t rail = rail_of(to);
  const bool relayed = relays_ && rail_of(from) != rail;
  const std::int64_t sending_rail = relays_ ? rail : rail_of(from);
  if (relayed) {
    nvlink(from, Direction::kOut, bytes);
    relay(here, rail, bytes);
  } else {
    nics(from, Direction::kOut, bytes);
  }
  nics(to, Direction::kIn, bytes);
  if (t.group_of_node(here) == t.group_of_node(there) && (!rails_ || sending_rail == rail)) return;
  spine(here, sending_rail, Direction::kOut, bytes);
  spine(there, rail, Direction::kIn, bytes);
  if (t.pod_of_node(here) == t.pod_of_node(there)) return;
  core(here, Direction::kOut, bytes);
  core(there, Direction::kIn, bytes);
}

Seconds TierTraffic::further_latency(const Cluster& cluster, const Tiers& t, std::int64_t from,
                                     std::int64_t to) {
  if (t.domain_of(from) == t.domain_of(to)) return {};
  const std::int64_t here = t.node_of_gpu(from);
  const std::int64_t there = t.node_of_gpu(to);
  const bool other_rail = t.rails > 1 && t.pcie_in_node(from) != t.pcie_in_node(to);
  Seconds latency;
  if (other_rail && cluster.pxn) latency += cluster.device.nvlink.message_latency;
  if (t.pod_of_node(here) != t.pod_of_node(there)) return latency + 4 * cluster.switch_latency;
  if (t.group_of_node(here) != t.group_of_node(there) || (other_rail && !cluster.pxn)) {
    latency += 2 * cluster.switch_latency;
  }
  return latency;
}

Seconds TierTraffic::most_further_latency() const {
  const Seconds relay = relays_ ? cluster_->device.nvlink.message_latency : Seconds(0);
  if (tiers_->pods > 1) return relay + 4 * cluster_->switch_latency;
  const bool spine = tiers_->leaf_groups > 1 || (rails_ && !relays_);
  return relay + (spine ? 2 : 0) * cluster_->switch_latency;
}

LinkLoads TierTraffic::busiest(const NicWeights& weights) const {
  LinkLoads loads;
  loads.nvlink = largest(nvlink_);
  loads.pcie = largest(pcie_);
  loads.nic = weights.empty() ? largest(nic_) : busiest_nic(weights).load;
  const std::int64_t nics_per_leaf_node = tiers_->nics_per_node / tiers_->rails;
  for (std::int64_t leaf = 0; leaf < tiers_->leaves(); ++leaf) {
    const std::int64_t nodes = tiers_->nodes_of_group(leaf % tiers_->leaf_groups);
    const auto item = static_cast<std::size_t>(2 * leaf);
    loads.spine = std::max(loads.spine, std::max(spine_[item], spine_[item + 1]) /
                                            static_cast<double>(nodes * nics_per_leaf_node));
  }
  for (std::int64_t pod = 0; pod < tiers_->pods; ++pod) {
    const std::int64_t nodes =
        std::min(tiers_->nodes_per_pod, tiers_->nodes - pod * tiers_->nodes_per_pod);
    const auto item = static_cast<std::size_t>(2 * pod);
    loads.core = std::max(loads.core, std::max(core_[item], core_[item + 1]) /
                                          static_cast<double>(nodes * tiers_->nics_per_node));
  }
  return loads;
}

void TierTraffic::add_to(std::vector<double>& edges) const {
  const Tiers& t = *tiers_;
  const auto add = [&](std::int64_t cable, const Loads& loads, std::int64_t item, double part) {
    edges[up(cable)] += loads[static_cast<std::size_t>(2 * item)] * part;
    edges[down(cable)] += loads[static_cast<std::size_t>(2 * item + 1)] * part;
  };
  for (std::int64_t gpu = 0; gpu < t.gpus(); ++gpu) {
    if (t.domains() > 0) add(t.nvlink_cable(gpu), nvlink_, gpu, 1);
    if (!pcie_.empty()) add(t.pcie_cable(gpu), pcie_, gpu, 1);
  }
  for (std::int64_t nic = 0; nic < t.nics(); ++nic) {
    add(t.host_nic_cable(nic), nic_, nic, 1);
    add(t.leaf_cable(nic), nic_, nic, 1);
  }
  const double each_spine = 1 / static_cast<double>(t.spines_per_pod);
  for (std::int64_t leaf = 0; leaf < t.leaves(); ++leaf) {
    for (std::int64_t s = 0; s < t.spines_per_pod; ++s) {
      add(t.spine_cable(leaf, s), spine_, leaf, each_spine);
    }
  }
  const double each_core = each_spine / static_cast<double>(t.cores);
  for (std::int64_t spine = 0; spine < t.spines() && t.cores > 0; ++spine) {
    for (std::int64_t core = 0; core < t.cores; ++core) {
      add(t.core_cable(spine, core), core_, spine / t.spines_per_pod, each_core);
    }
  }
}

BusiestNic TierTraffic::busiest_nic(const NicWeights& weights) const {
  BusiestNic busiest;
  std::vector<double> in_use;
  for (std::size_t item = 0; item < nic_.size(); ++item) {
    if (nic_[item] <= 0) continue;
    const double weight = item % 2 == 0 ? weights.out[item / 2] : weights.in[item / 2];
    const double load = nic_[item] * weight;
    in_use.push_back(load);
    if (load <= busiest.load) continue;
    busiest = {static_cast<std::int64_t>(item / 2), static_cast<Direction>(item % 2), load, 0};
  }
  if (in_use.empty()) return busiest;
  const auto middle = in_use.begin() + static_cast<std::ptrdiff_t>(in_use.size() / 2);
  std::nth_element(in_use.begin(), middle, in_use.end());
  busiest.median = *middle;
  return busiest;
}

}  // namespace seqspan::sim
