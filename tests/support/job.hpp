// Jobs and layouts for tests: shipped models on a plain cluster whose numbers are round.
#pragma once

#include <string>
#include <string_view>

#include "sim/layout/resolve.hpp"
#include "sim/lower/lower.hpp"
#include "sim/spec/job.hpp"
#include "sim/spec/layout_text.hpp"
#include "sim/spec/read_model.hpp"

namespace seqspan::tests {

// 1e15 FLOP/s at full efficiency, 80 GiB at 3e12 B/s, NVLink 450 GB/s, one 50 GB/s NIC per GPU.
inline sim::Cluster plain_cluster(std::int64_t nodes) {
  sim::Cluster cluster;
  cluster.name = "plain";
  cluster.nodes = nodes;
  cluster.gpus_per_node = 8;
  cluster.nvlink_domain = 8;
  cluster.nics_per_node = 8;
  sim::DeviceProfile& device = cluster.device;
  device.name = "plain GPU";
  device.peak_bf16 = sim::FlopsPerSecond(1e15);
  device.multiprocessors = 128;
  device.memory = sim::Bytes(80 * sim::kGibi);
  device.memory_bandwidth = sim::BytesPerSecond(3e12);
  device.runtime_reserve = sim::Bytes(sim::kGibi);
  device.kernel_overhead = sim::Seconds(2e-6);
  device.efficiency = {.gemm = 0.7,
                       .weight_gradient = 0.7,
                       .grouped_gemm = 0.5,
                       .attention_forward = 0.6,
                       .attention_backward = 0.5,
                       .memory_pass = 0.8};
  device.nvlink.name = "NVLink";
  device.nvlink.bandwidth = sim::BytesPerSecond(450e9);
  device.nvlink.message_latency = sim::Seconds(8e-6);
  device.nvlink.ring_step_latency = sim::Seconds(2e-6);
  device.nccl_ring_channels = 24;
  device.nccl_p2p_channels = 32;
  device.nccl_connection_bytes = sim::Bytes(9633792);  // 9.1875 MiB
  cluster.nic.name = "NIC";
  cluster.nic.bandwidth = sim::BytesPerSecond(50e9);
  cluster.nic.message_latency = sim::Seconds(14e-6);
  cluster.nic.ring_step_latency = sim::Seconds(14e-6);
  return cluster;
}

inline sim::Job make_job(const std::string& model, sim::Framework framework, std::int64_t nodes,
                         std::int64_t sequence_length, std::int64_t global_batch_size) {
  sim::Job job;
  job.name = model;
  job.model = sim::read_model("configs/models/" + model).value();
  job.cluster = plain_cluster(nodes);
  job.framework = framework;
  job.training.sequence_length = sequence_length;
  job.training.global_batch_size = global_batch_size;
  return job;
}

// Resolved against the job, whether legal or not.
inline sim::Layout layout_of(const sim::Job& job, std::string_view text) {
  return sim::resolve(job, sim::parse_layout(text).value());
}

inline sim::Program program_of(const sim::Job& job, std::string_view layout) {
  sim::Program program;
  sim::lower(job, layout_of(job, layout), program);
  return program;
}

inline const sim::Part& part_named(const sim::Program& program, std::string_view name) {
  for (const sim::Part& part : program.parts) {
    if (part.name == name) return part;
  }
  return program.parts.front();
}

// Calls visit(op, executions) for every op of a block, loops counted.
template <class Visit>
void for_each_op(const sim::Program& program, const sim::Block& block, Visit visit) {
  for (std::size_t i = block.first_op; i < block.first_op + block.op_count; ++i) {
    std::int64_t times = 1;
    for (std::size_t l = block.first_loop; l < block.first_loop + block.loop_count; ++l) {
      const sim::Loop& loop = program.loops[l];
      if (i >= loop.first && i < loop.first + loop.count) times = loop.times;
    }
    visit(program.ops[i], times);
  }
}

// Bytes that one GPU sends over `axis` in the blocks of a layer, in ops of `pass`.
inline std::int64_t layer_bytes_sent(const sim::Program& program, sim::Axis axis, sim::Pass pass,
                                     std::string_view part = "layer") {
  std::int64_t bytes = 0;
  const sim::Part& layer = part_named(program, part);
  for (const sim::BlockIndex index : {layer.forward, layer.backward}) {
    for_each_op(program, program.blocks[index], [&](const sim::Op& op, std::int64_t times) {
      const auto* work = std::get_if<sim::Communication>(&op.work);
      if (work == nullptr || work->axis != axis || op.pass != pass) return;
      bytes += times * sim::bytes_sent(*work, program.group_size(axis)).value();
    });
  }
  return bytes;
}

}  // namespace seqspan::tests
