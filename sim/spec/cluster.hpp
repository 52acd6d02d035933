// A cluster in short form: equal nodes of equal GPUs, one NVLink domain size, NICs, and an optional
// spine. docs/formats/cluster.md describes the file.
//
// GPUs are numbered node by node. `nvlink_domain` consecutive GPUs reach each other over NVLink; it
// is the node on HGX machines and the rack on NVL72. Everything else crosses a NIC.
#pragma once

#include <cstdint>
#include <string>

#include "sim/spec/device.hpp"

namespace seqspan::sim {

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

  [[nodiscard]] std::int64_t gpu_count() const { return nodes * gpus_per_node; }
};

}  // namespace seqspan::sim
