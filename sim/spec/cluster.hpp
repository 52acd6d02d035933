// A cluster in short form: equal nodes of equal GPUs, one NVLink domain size, NICs, and an optional
// spine. docs/formats/cluster.md describes the file.
//
// GPUs are numbered node by node. `nvlink_domain` consecutive GPUs reach each other over NVLink; it
// is the node on HGX machines and the rack on NVL72. Everything else crosses a NIC.
//
// How the switches are wired, faults, and clusters given link by link: sim/cluster has their graph
// and routes, sim/network counts traffic on them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/spec/device.hpp"
#include "sim/spec/measured_curves.hpp"

namespace seqspan::sim {

// A cable between two vertices of the graph, named as in sim/cluster/vertex.hpp: one link each way.
struct GivenLink {
  std::string from;
  std::string to;
  BytesPerSecond bandwidth;  // peak of one direction
  Seconds latency;
  std::string where;  // in the file, for messages
};

// What differs from the description. `link` and `to` may name many vertices at once: a number may
// be a range 8-15, or * for all.
struct LinkOverride {
  std::string link;      // a vertex, or one end of a link; a NIC stands for its links to switches
  std::string to;        // the other end; empty: all links of the vertex
  bool one_way = false;  // with `to`: only from `link` to `to`
  std::optional<BytesPerSecond> bandwidth;  // peak of one direction
  bool missing = false;
  std::string where;
};

struct Cluster {
  std::string name;
  DeviceProfile device;
  std::int64_t nodes = 0;
  std::int64_t gpus_per_node = 0;
  std::int64_t nvlink_domain = 0;  // GPUs; a multiple of gpus_per_node
  std::int64_t nics_per_node = 0;
  LinkProfile nic;                      // per NIC, as the network delivers it
  std::int64_t nodes_per_leaf = 0;      // nodes under one leaf (or rail group); 0: one leaf for all
  double spine_oversubscription = 1.0;  // leaf's downlink over uplink bandwidth, >= 1

  bool rails = false;  // NIC i of every node goes to leaf i of its group of nodes_per_leaf nodes
  bool pxn = true;     // rails: NVLink to the GPU on the destination's rail first, as NCCL does
  std::int64_t spine_switches = 1;     // of a pod; 0: none
  std::int64_t nodes_per_pod = 0;      // nodes under one set of spine switches; 0: all
  std::int64_t core_switches = 1;      // where there are several pods
  double core_oversubscription = 1.0;  // spine's downlink over uplink bandwidth, >= 1
  Seconds switch_latency;              // added by each link between switches
  std::optional<Bytes> host_memory;    // of one node, that training may fill; absent: not known
  std::optional<BytesPerSecond> pcie;  // what one GPU's PCIe link delivers; absent: no limit
  std::vector<GivenLink> links;        // not empty: these are all links that there are
  std::vector<LinkOverride> overrides;

  std::string measured_by;  // the fabric profile that the file names, by its name; empty: none
  MeasuredCurves measured;  // its curves; profiles/use_measurements.hpp

  [[nodiscard]] std::int64_t gpu_count() const { return nodes * gpus_per_node; }
};

}  // namespace seqspan::sim
