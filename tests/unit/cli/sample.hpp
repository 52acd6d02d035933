// A job, a result and a plan made by hand, with round numbers: no simulator is involved.
#pragma once

#include "planner/plan.hpp"
#include "sim/engine/simulator.hpp"
#include "sim/spec/job.hpp"

namespace seqspan::cli::sample {

constexpr sim::Bytes gibibytes(std::int64_t count) { return sim::Bytes(count * sim::kGibi); }

// 8 GPUs of 80 GiB; 32 query heads and 8 KV heads; megatron.
inline sim::Job job() {
  sim::Job job;
  job.name = "sample";
  job.model.name = "Model-8B";
  job.model.vocabulary = 1000;
  sim::Tower tower;
  sim::LayerKind kind;
  sim::FullAttention attention;
  attention.query_heads = 32;
  attention.kv_heads = 8;
  attention.head_dim = 128;
  kind.attention = attention;
  kind.feed_forward = sim::DenseFeedForward{};
  tower.hidden = 4096;
  tower.kinds = {kind};
  job.model.towers = {tower};
  job.cluster.name = "one-node";
  job.cluster.nodes = 1;
  job.cluster.gpus_per_node = 8;
  job.cluster.device.name = "GPU-80GB";
  job.cluster.device.memory = gibibytes(80);
  job.training.sequence_length = 131072;
  job.training.global_batch_size = 8;
  job.warnings = {{"code", "something is odd", "training.sequence_length"}};
  job.inputs = {{"job.json", std::string(64, 'a')}};
  return job;
}

inline sim::Layout layout() {
  sim::Layout layout;
  layout.tp = 2;
  layout.ulysses = 4;
  layout.recompute = sim::Recompute::kFull;
  return layout;
}

// 60 of 80 GiB: parameters 20, saved activations 40. A step of 10 s: attention 6, ring 1, GEMM 3.
inline sim::Simulation simulation() {
  sim::Simulation s;
  s.layout = layout();
  s.fits = true;
  s.capacity = gibibytes(80);
  s.peak.peak = gibibytes(60);
  s.peak.by_role[0] = gibibytes(20);
  s.peak.by_role[3] = gibibytes(40);
  s.by_stage = {s.peak};
  s.saved_per_layer = gibibytes(1);
  s.largest = {
      {"gate, up", "[b=1, s/c=32768] bf16", sim::MemoryRole::kSavedActivations, gibibytes(30), 30}};
  s.peak_moment = "stage 0, layer 1 of 32, backward: attention";
  s.time.step = sim::Seconds(10);
  s.exposed.by_axis[static_cast<std::size_t>(sim::Axis::kUlysses)] = sim::Seconds(1);
  s.shares[static_cast<std::size_t>(sim::StepBound::kGemm)] = sim::Seconds(3);
  s.shares[static_cast<std::size_t>(sim::StepBound::kAttention)] = sim::Seconds(6);
  s.shares[static_cast<std::size_t>(sim::StepBound::kContextCommunication)] = sim::Seconds(1);
  s.bound = sim::StepBound::kAttention;
  s.tokens_per_gpu_per_second = 13107.2;  // 8 x 131072 tokens / 8 GPUs / 10 s
  s.model_flops_per_gpu = sim::FlopsPerSecond(400e12);
  s.mfu = 0.4;
  s.micro_batches = 8;
  sim::TrafficRow row;
  row.op = "all-to-all K";
  row.axis = sim::Axis::kUlysses;
  row.group_size = 4;
  row.per = "layer, micro-batch";
  row.count = 10;
  row.bytes_sent_per_gpu = gibibytes(1);
  row.message_bytes = sim::Bytes(sim::kMebi);
  row.seconds = sim::Seconds(0.1);
  row.exposed_seconds = sim::Seconds(1);
  row.bound = "NVLink";
  s.traffic = {row};
  return s;
}

inline planner::Plan plan() {
  planner::Plan plan;
  plan.candidates = 1234;
  plan.evaluated = 100;
  plan.fitting = 2;
  plan.best = {{simulation(), ""}, {simulation(), "0.5 % slower: memory_passes +1 s"}};
  plan.pareto = {{layout(), {gibibytes(60), sim::Seconds(10), sim::Seconds(0)}}};
  planner::Rejection rejection;
  rejection.code = sim::ReasonCode::kDoesNotFit;
  rejection.count = 98;
  rejection.example = layout();
  rejection.example_peak = gibibytes(82);
  plan.rejected = {rejection};
  plan.search_seconds = 0.25;
  return plan;
}

}  // namespace seqspan::cli::sample
