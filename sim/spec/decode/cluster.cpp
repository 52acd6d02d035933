#include "sim/spec/decode/cluster.hpp"

#include <fmt/format.h>

#include "sim/spec/decode/device.hpp"
#include "sim/spec/decode/largest_numbers.hpp"
#include "sim/spec/decode/link.hpp"
#include "sim/spec/decode/link_profile.hpp"

namespace seqspan::sim {
namespace {

using json::FieldTable;
using json::Value;
using Path = std::string;

// Counts are small enough that their products stay far inside 64 bits.
constexpr std::int64_t kMostNodes = 1 << 20;
constexpr std::int64_t kMostGpusPerNode = 1024;
constexpr std::int64_t kMostSwitches = 4096;
constexpr double kLargestHostMemory = 1024.0 * 1024 * static_cast<double>(kGibi);

void add_switches(FieldTable<Cluster>& t) {
  t.add(json::boolean("rails",
                      "NIC i of every node goes to leaf i of its group of nodes_per_leaf nodes")
            .with_default("false: all NICs of a node go to its leaf"),
        &Cluster::rails);
  t.add(json::boolean("pxn",
                      "with rails, traffic to another rail first goes over NVLink to the GPU on it")
            .with_default("true, as in NCCL"),
        &Cluster::pxn);
  t.add(json::integer("spine_switches", 0, kMostSwitches,
                      "spine switches of a pod, each linked to every leaf; 0: none")
            .with_default("1, which stands for any number with evenly spread traffic"),
        &Cluster::spine_switches);
  t.add(json::integer("nodes_per_pod", 0, kMostNodes,
                      "nodes under one set of spine switches; 0: all, and no core switches")
            .with_default("0"),
        &Cluster::nodes_per_pod);
  t.add(json::integer("core_switches", 1, kMostSwitches,
                      "core switches, each linked to every spine switch")
            .with_default("1, likewise"),
        &Cluster::core_switches);
  t.add(json::real("core_oversubscription", 1, 1000,
                   "a spine switch's downlink over uplink bandwidth")
            .with_default("1"),
        &Cluster::core_oversubscription);
  t.add(json::quantity_or_zero("switch_latency", json::FieldType::kTime, 1,
                               "added by each link between switches")
            .with_default("0us"),
        &Cluster::switch_latency);
  t.add(json::quantity("pcie_bandwidth", json::FieldType::kBandwidth, kLargestBandwidth,
                       "what one GPU's PCIe link delivers in one direction")
            .with_default("as much as the NICs behind it"),
        &Cluster::pcie);
  t.add(json::any("links", "every link of a cluster that is given link by link")
            .with_default("built from the description"),
        [](Cluster& cluster, const Value& value, const Path& path) {
          return decode_links(cluster.links, value, path);
        });
  t.add(json::any("overrides", "links that are slow or missing").with_default("none"),
        [](Cluster& cluster, const Value& value, const Path& path) {
          return decode_overrides(cluster.overrides, value, path);
        });
}

FieldTable<Cluster> make_cluster_table() {
  FieldTable<Cluster> t(json::ObjectFacts{
      "a cluster",
      "Equal nodes of equal GPUs on one network.",
      {},
      {{"gpus", "the number of GPUs is nodes x gpus_per_node", "set nodes and gpus_per_node"}},
      false});
  t.add(json::text("$schema", "the schema of this file, for editors").with_default("none"));
  t.add(json::text("name", "what the cluster is called").with_default("the name of the file"),
        &Cluster::name);
  t.add(json::object("device", device_facts, "the GPU, by name, by file, or in place").or_name(),
        [](Cluster& cluster, const Value& value, const Path& path) -> Result<void> {
          Result<DeviceProfile> device = decode_device(value, path);
          if (!device) return tl::unexpected(device.error());
          cluster.device = std::move(*device);
          return {};
        });
  t.add(json::object("fabric", link_facts, "one NIC and its network, likewise").or_name(),
        [](Cluster& cluster, const Value& value, const Path& path) -> Result<void> {
          Result<LinkProfile> nic = decode_link(value, path);
          if (!nic) return tl::unexpected(nic.error());
          cluster.nic = std::move(*nic);
          return {};
        });
  t.add(json::text("measured",
                   "file of a fabric profile (seqspan profile fit): what was measured here counts "
                   "before device and fabric")
            .with_default("nothing was measured"),
        &Cluster::measured_by);
  t.add(json::integer("nodes", 1, kMostNodes, "nodes"), &Cluster::nodes);
  t.add(json::integer("gpus_per_node", 1, kMostGpusPerNode, "GPUs of one node"),
        &Cluster::gpus_per_node);
  t.add(json::integer("nvlink_domain", 1, kMostNodes,
                      "consecutive GPUs that reach each other over NVLink")
            .with_default("gpus_per_node"),
        &Cluster::nvlink_domain);
  t.add(json::integer("nics_per_node", 1, kMostGpusPerNode, "NICs of one node"),
        &Cluster::nics_per_node);
  t.add(json::integer("nodes_per_leaf", 0, kMostNodes,
                      "nodes under one leaf switch or rail group; 0: one leaf for all")
            .with_default("0"),
        &Cluster::nodes_per_leaf);
  t.add(json::real("spine_oversubscription", 1, 1000, "a leaf's downlink over uplink bandwidth")
            .with_default("1"),
        &Cluster::spine_oversubscription);
  t.add(json::quantity("host_memory", json::FieldType::kBytes, kLargestHostMemory,
                       "memory of one node's host that training may fill")
            .with_default("not known: what is offloaded is taken to fit"),
        &Cluster::host_memory);
  add_switches(t);
  return t;
}

const FieldTable<Cluster>& cluster_table() {
  static const FieldTable<Cluster> kTable = make_cluster_table();
  return kTable;
}

Result<void> check_domain(const Cluster& cluster, const Value& value, const Path& path) {
  if (cluster.nvlink_domain % cluster.gpus_per_node != 0) {
    return json::error_at(
        value, path, "nvlink_domain",
        fmt::format("nvlink_domain {} does not hold whole nodes", cluster.nvlink_domain),
        fmt::format("it must be a multiple of gpus_per_node ({})", cluster.gpus_per_node),
        "give gpus_per_node on HGX machines, 72 on an NVL72 rack of 18 nodes of 4");
  }
  const std::int64_t nodes = cluster.nvlink_domain / cluster.gpus_per_node;
  if (nodes > cluster.nodes || cluster.nodes % nodes != 0) {
    return json::error_at(
        value, path, "nvlink_domain",
        fmt::format("{} nodes are not whole NVLink domains of {} nodes", cluster.nodes, nodes),
        "all NVLink domains have the same size",
        fmt::format("make nodes a multiple of {}, or nvlink_domain smaller", nodes));
  }
  return {};
}

Result<void> check_pods(const Cluster& cluster, const Value& value, const Path& path) {
  if (cluster.nodes_per_pod == 0) return {};
  if (cluster.nodes_per_leaf == 0 || cluster.nodes_per_pod % cluster.nodes_per_leaf != 0) {
    return json::error_at(
        value, path, "nodes_per_pod",
        fmt::format("a pod of {} nodes does not hold whole leaves", cluster.nodes_per_pod),
        fmt::format("it must be a multiple of nodes_per_leaf ({})", cluster.nodes_per_leaf),
        "set nodes_per_leaf too, and pods to whole leaves");
  }
  if (cluster.spine_switches == 0) {
    return json::error_at(value, path, "spine_switches", "pods without spine switches",
                          "pods meet at core switches, which only spine switches reach",
                          "leave spine_switches or nodes_per_pod out");
  }
  return {};
}

// Keys that would say nothing.
Result<void> check_said(const Cluster& cluster, const Value& value, const Path& path) {
  if (cluster.core_oversubscription > 1 && cluster.nodes_per_pod == 0) {
    return json::error_at(value, path, "core_oversubscription",
                          "core_oversubscription without core switches",
                          "only pods meet at core switches", "set nodes_per_pod, or leave it out");
  }
  if (cluster.spine_oversubscription > 1 && cluster.nodes_per_leaf == 0 && !cluster.rails) {
    return json::error_at(
        value, path, "spine_oversubscription", "spine_oversubscription without spine switches",
        "all nodes are under one leaf switch", "set nodes_per_leaf, or leave it out");
  }
  if (cluster.links.empty()) return {};
  for (const char* key : {"nvlink_domain", "nodes_per_leaf", "spine_oversubscription",
                          "spine_switches", "nodes_per_pod", "core_switches",
                          "core_oversubscription", "switch_latency", "pcie_bandwidth"}) {
    if (value.find(key) == nullptr) continue;
    return json::error_at(value, path, key, fmt::format("both links and {}", key),
                          "links are given instead of the description of switches",
                          fmt::format("leave out {}, or links", key));
  }
  return {};
}

}  // namespace

Result<Cluster> decode_cluster(const json::Value& value, const std::string& path) {
  Cluster cluster;
  if (Result<void> ok = cluster_table().decode(cluster, value, path); !ok) {
    return tl::unexpected(ok.error());
  }
  if (cluster.nvlink_domain == 0) cluster.nvlink_domain = cluster.gpus_per_node;
  if (Result<void> ok = check_domain(cluster, value, path); !ok) return tl::unexpected(ok.error());
  if (Result<void> ok = check_pods(cluster, value, path); !ok) return tl::unexpected(ok.error());
  if (Result<void> ok = check_said(cluster, value, path); !ok) return tl::unexpected(ok.error());
  return cluster;
}

const json::ObjectFacts& cluster_facts() { return cluster_table().facts(); }

}  // namespace seqspan::sim
