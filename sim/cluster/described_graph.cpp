// The graph of a short description, in the order of sim/cluster/tiers.hpp.
#include "sim/cluster/graph_builder.hpp"

namespace seqspan::sim {

void GraphBuilder::add_vertices(VertexKind kind, VertexScope scope, std::int64_t groups,
                                std::int64_t per_group) {
  for (std::int64_t group = 0; group < groups; ++group) {
    for (std::int64_t index = 0; index < per_group; ++index) {
      graph_.vertices_.push_back(
          {kind, scope, static_cast<std::int32_t>(group), static_cast<std::int32_t>(index)});
    }
  }
}

void GraphBuilder::add_cable(std::int64_t from, std::int64_t to, double bandwidth,
                             Seconds latency) {
  const auto a = static_cast<VertexIndex>(from);
  const auto b = static_cast<VertexIndex>(to);
  graph_.edges_.push_back({a, b, BytesPerSecond(bandwidth), latency});
  graph_.edges_.push_back({b, a, BytesPerSecond(bandwidth), latency});
}

void GraphBuilder::add_nodes() {
  const Tiers& t = graph_.tiers_;
  const LinkProfile& nvlink = cluster_.device.nvlink;
  const double nic = cluster_.nic.effective_bandwidth().value();
  const std::int64_t pcie_first = t.first_vertex(VertexKind::kPcieSwitch);
  const std::int64_t nic_first = t.first_vertex(VertexKind::kNic);
  const std::int64_t leaf_first = t.first_vertex(VertexKind::kLeaf);
  if (t.domains() > 0) {
    for (std::int64_t gpu = 0; gpu < t.gpus(); ++gpu) {
      add_cable(gpu, t.first_vertex(VertexKind::kNvlinkSwitch) + t.domain_of(gpu),
                nvlink.effective_bandwidth().value(), 0.5 * nvlink.message_latency);
    }
  }
  for (std::int64_t gpu = 0; gpu < t.gpus(); ++gpu) {
    const double behind = nic * static_cast<double>(t.nic_count(gpu));
    add_cable(gpu, pcie_first + t.pcie_of_gpu(gpu), cluster_.pcie ? cluster_.pcie->value() : behind,
              Seconds(0));
  }
  for (std::int64_t n = 0; n < t.nics(); ++n) {
    add_cable(pcie_first + t.pcie_of_nic(n), nic_first + n, nic, Seconds(0));
  }
  for (std::int64_t n = 0; n < t.nics(); ++n) {
    add_cable(nic_first + n, leaf_first + t.leaf_of_nic(n), nic,
              0.5 * cluster_.nic.message_latency);
  }
}

void GraphBuilder::add_switches() {
  const Tiers& t = graph_.tiers_;
  if (t.spines_per_pod == 0) return;
  const double nic = cluster_.nic.effective_bandwidth().value();
  const auto nics_per_leaf_node = static_cast<double>(t.nics_per_node / t.rails);
  // One uplink of a leaf of a group.
  const auto uplink = [&](std::int64_t group) {
    return static_cast<double>(t.nodes_of_group(group)) * nics_per_leaf_node * nic /
           (cluster_.spine_oversubscription * static_cast<double>(t.spines_per_pod));
  };
  const std::int64_t leaf_first = t.first_vertex(VertexKind::kLeaf);
  const std::int64_t spine_first = t.first_vertex(VertexKind::kSpine);
  for (std::int64_t leaf = 0; leaf < t.leaves(); ++leaf) {
    const std::int64_t first = t.pod_of_leaf(leaf) * t.spines_per_pod;
    for (std::int64_t s = 0; s < t.spines_per_pod; ++s) {
      add_cable(leaf_first + leaf, spine_first + first + s, uplink(leaf % t.leaf_groups),
                cluster_.switch_latency);
    }
  }
  if (t.cores == 0) return;
  for (std::int64_t spine = 0; spine < t.spines(); ++spine) {
    const std::int64_t pod = spine / t.spines_per_pod;
    double downlinks = 0;
    for (std::int64_t g = 0; g < t.groups_of_pod(pod); ++g) {
      downlinks += static_cast<double>(t.rails) * uplink(pod * t.groups_per_pod() + g);
    }
    for (std::int64_t core = 0; core < t.cores; ++core) {
      add_cable(spine_first + spine, t.first_vertex(VertexKind::kCore) + core,
                downlinks / (cluster_.core_oversubscription * static_cast<double>(t.cores)),
                cluster_.switch_latency);
    }
  }
}

void GraphBuilder::describe() {
  graph_.tiers_ = Tiers(cluster_);
  graph_.rails_ = cluster_.rails;
  graph_.pxn_ = cluster_.pxn;
  const Tiers& t = graph_.tiers_;
  graph_.vertices_.reserve(static_cast<std::size_t>(t.vertices()));
  graph_.edges_.reserve(static_cast<std::size_t>(2 * t.cables()));

  add_vertices(VertexKind::kGpu, VertexScope::kNode, t.nodes, t.gpus_per_node);
  add_vertices(VertexKind::kNvlinkSwitch,
               t.domain_gpus == t.gpus_per_node ? VertexScope::kNode : VertexScope::kDomain,
               t.domains(), 1);
  add_vertices(VertexKind::kPcieSwitch, VertexScope::kNode, t.nodes, t.pcie_per_node);
  add_vertices(VertexKind::kNic, VertexScope::kNode, t.nodes, t.nics_per_node);
  const bool rails = cluster_.rails;
  add_vertices(VertexKind::kLeaf, rails ? VertexScope::kRail : VertexScope::kNone, t.rails,
               t.leaf_groups);
  add_vertices(VertexKind::kSpine, t.pods > 1 ? VertexScope::kPod : VertexScope::kNone, t.pods,
               t.spines_per_pod);
  add_vertices(VertexKind::kCore, VertexScope::kNone, 1, t.cores);
  add_nodes();
  add_switches();
}

}  // namespace seqspan::sim
