// Clusters with round numbers, so that expected values can be worked out by hand.
#pragma once

#include <cstdint>

#include "sim/spec/cluster.hpp"

namespace seqspan::sim::test {

// Nodes of 8 GPUs with 450 GB/s of NVLink and one NIC of 50 GB/s per GPU, every latency 2 us, every
// efficiency 1, no spine.
inline Cluster nodes_of_eight(std::int64_t nodes) {
  Cluster cluster;
  cluster.name = "nodes of eight";
  cluster.nodes = nodes;
  cluster.gpus_per_node = 8;
  cluster.nvlink_domain = 8;
  cluster.nics_per_node = 8;
  cluster.nic.bandwidth = BytesPerSecond(50e9);
  cluster.nic.message_latency = Seconds(2e-6);
  cluster.nic.ring_step_latency = Seconds(2e-6);
  cluster.device.nvlink = cluster.nic;
  cluster.device.nvlink.bandwidth = BytesPerSecond(450e9);
  cluster.device.nccl_ring_channels = 24;
  cluster.device.nccl_p2p_channels = 32;
  cluster.device.nccl_connection_bytes = Bytes(9633792);  // 9.1875 MiB
  return cluster;
}

}  // namespace seqspan::sim::test
