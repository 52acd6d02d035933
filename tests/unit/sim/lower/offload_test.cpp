// What lives in host memory, what is copied for it, and what that costs, counted by hand.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "sim/engine/simulator.hpp"
#include "sim/layout/legality.hpp"
#include "tests/support/job.hpp"

namespace seqspan::sim {
namespace {

using tests::layout_of;
using tests::make_job;
using tests::part_named;
using tests::program_of;

constexpr std::int64_t k128K = 131072;
constexpr std::int64_t kParameters = 8'030'261'248;  // of Llama-3-8B

// Copies at 50 GB/s, 40 each way at once; 2 and 10 without pinned memory; Adam at 30 GB/s.
Job job_with_host(Framework framework, std::int64_t nodes = 1, std::int64_t sequence = k128K,
                  std::int64_t batch = 8) {
  Job job = make_job("Llama-3-8B", framework, nodes, sequence, batch);
  job.cluster.device.host_link = {BytesPerSecond(50e9), BytesPerSecond(40e9), BytesPerSecond(2e9),
                                  BytesPerSecond(10e9), BytesPerSecond(30e9)};
  return job;
}

Simulation simulate(const Job& job, std::string_view layout) {
  Simulator simulator(job);
  return simulator.simulate(layout_of(job, layout));
}

std::int64_t role(const MemoryByRole& by_role, MemoryRole role) {
  return by_role[static_cast<std::size_t>(role)].value();
}

double seconds(const Simulation& simulation, StepBound bound) {
  return simulation.shares[static_cast<std::size_t>(bound)].value();
}

// Bytes that one GPU copies in a step.
std::int64_t copied(const Simulation& simulation, std::string_view way) {
  std::int64_t bytes = 0;
  for (const HostRow& row : simulation.host) {
    if (way == row.way) bytes += row.count * row.bytes.value();
  }
  return bytes;
}

// T h beta = 16384 x 4096 x 2 B = 134,217,728 B of each of 32 layers; nothing of them stays.
TEST(Offload, LayerInputsGoToTheHost) {
  const Job job = job_with_host(Framework::kDeepSpeed);
  const std::int64_t one = 134'217'728;
  const Simulation simulation = simulate(job, "ulysses=8,recompute=full,offload=activations");
  EXPECT_EQ(simulation.saved_per_layer.value(), 0);
  EXPECT_EQ(role(simulation.host_memory.by_role, MemoryRole::kSavedActivations), 32 * one);
  EXPECT_EQ(simulation.host_memory.bytes.value(), 32 * one);
  // There and back once in each of 8 micro-batches.
  EXPECT_EQ(copied(simulation, "to host"), 8 * 32 * one);
  EXPECT_EQ(copied(simulation, "from host"), 8 * 32 * one);
}

// ALST, arXiv 2506.13996, section 3.3: Llama-3-70B, 3M tokens on 32 GPUs: 3,000,000/32 x 8192 x 80
// x 2 B per GPU, 915 GiB for the 8 of a node.
TEST(Offload, HostMemoryOfAlst) {
  Job job = job_with_host(Framework::kDeepSpeed, 4, 3'000'000, 1);
  Tower& tower = job.model.towers.front();
  tower.hidden = 8192;
  tower.runs = {{0, 80}};
  tower.kinds = {{FullAttention{64, 8, 128}, DenseFeedForward{28672, false}}};
  const Simulation simulation = simulate(job, "ulysses=32,recompute=full,offload=activations");
  EXPECT_EQ(simulation.host_memory.bytes.value(), 93'750LL * 8192 * 80 * 2);
  EXPECT_EQ(8 * simulation.host_memory.bytes.value() / kGibi, 915);
}

// As ALST copies: compute waits 134,217,728 B / 2 GB/s + 2 us and / 10 GB/s + 2 us in each of 32
// layers and 8 micro-batches.
TEST(Offload, ComputeWaitsForCopiesOfPageableMemory) {
  const Job job = job_with_host(Framework::kDeepSpeed);
  const Simulation with = simulate(job, "ulysses=8,recompute=full,offload=activations");
  const double both = 134'217'728 / 2e9 + 134'217'728 / 10e9 + 2 * 2e-6;
  EXPECT_NEAR(seconds(with, StepBound::kHost), 8 * 32 * both, 1e-6);
}

// On streams of their own they end under the layer: 2.7 ms of copies, and 100 ms of attention.
TEST(Offload, OverlappedCopiesHideUnderAttention) {
  Job job = job_with_host(Framework::kDeepSpeed);
  const Simulation without = simulate(job, "ulysses=8,recompute=full");
  job.training.overlap_offload = true;
  const Simulation with = simulate(job, "ulysses=8,recompute=full,offload=activations");
  EXPECT_LT(seconds(with, StepBound::kHost), 1e-6);
  EXPECT_NEAR(with.time.step.value(), without.time.step.value(), 1e-3);
  // The peak is in backward of the last layer. The inputs of the 31 others are gone, but that of
  // the layer before it is on its way back already.
  EXPECT_EQ((without.peak.peak - with.peak.peak).value(), (31 - 1) * 134'217'728LL);
}

// At 1,024 tokens a layer is shorter than a copy over a slow link, which then sets the pace.
TEST(Offload, ShortLayersWaitForTheLink) {
  Job job = job_with_host(Framework::kDeepSpeed, 1, 8192, 1);
  job.cluster.device.host_link.bandwidth = BytesPerSecond(1e9);
  job.cluster.device.host_link.both_ways = BytesPerSecond(1e9);
  job.training.overlap_offload = true;
  const Simulation simulation = simulate(job, "ulysses=8,recompute=full,offload=activations");
  // 1024 x 4096 x 2 B / 1 GB/s + 2 us = 8.39 ms a layer each way; forward takes less than that.
  const double copy = 8'388'608 / 1e9 + 2e-6;
  EXPECT_GT(seconds(simulation, StepBound::kHost), 32 * copy);
  EXPECT_GE(simulation.time.step.value(), 2 * 32 * copy);
}

// ZeRO-3: 2 B of a parameter stay on the GPU; 12 of fp32 state, 4 of fp32 and 2 of bf16 gradients
// are on the host, all shared by 8.
TEST(Offload, OptimizerOfZeroThree) {
  const Job job = job_with_host(Framework::kDeepSpeed);
  const Simulation simulation = simulate(job, "ulysses=8,recompute=full,offload=optimizer");
  EXPECT_EQ(role(simulation.peak.by_role, MemoryRole::kParameters), 2 * kParameters / 8);
  EXPECT_EQ(role(simulation.peak.by_role, MemoryRole::kGradients), 0);
  EXPECT_EQ(role(simulation.peak.by_role, MemoryRole::kOptimizerState), 0);
  EXPECT_EQ(role(simulation.host_memory.by_role, MemoryRole::kOptimizerState),
            12 * kParameters / 8);
  EXPECT_EQ(role(simulation.host_memory.by_role, MemoryRole::kGradients), 6 * kParameters / 8);
  // bf16 sums there and back in 8 micro-batches, fp32 gradients once, bf16 parameters back.
  EXPECT_EQ(copied(simulation, "to host"), (8 * 2 + 4) * kParameters / 8);
  EXPECT_EQ(copied(simulation, "from host"), (8 * 2 + 2) * kParameters / 8);
  // Adam: 4 B of gradient read, 12 B of state read and written, 4 B of master read, 2 B written.
  EXPECT_EQ(copied(simulation, "on host"), 34 * kParameters / 8);
  // One after the other: 34 B / 30 GB/s and 2 B / 50 GB/s of a parameter, and 2 us for each of 34
  // copies (32 layers, embedding, head).
  const double shard = kParameters / 8.0;
  EXPECT_NEAR(simulation.time.update.value(), shard * (34 / 30e9 + 2 / 50e9) + 34 * 2e-6, 1e-9);
}

// Megatron's distributed optimizer: fp32 gradients stay on the GPU (and the placeholders).
TEST(Offload, OptimizerOfMegatron) {
  const Job job = job_with_host(Framework::kMegatron);
  const Simulation with = simulate(job, "ulysses=8,offload=optimizer");
  const Simulation without = simulate(job, "ulysses=8");
  EXPECT_EQ(role(with.peak.by_role, MemoryRole::kGradients),
            role(without.peak.by_role, MemoryRole::kGradients));
  EXPECT_EQ((without.peak.peak - with.peak.peak).value(), 12 * kParameters / 8);
  EXPECT_EQ(with.host_memory.bytes.value(), (12 + 4) * kParameters / 8);
  EXPECT_EQ(copied(with, "to host"), 4 * kParameters / 8);
  EXPECT_EQ(copied(with, "from host"), 2 * kParameters / 8);
}

// Gradients leave beside the inputs that come back.
TEST(Offload, BothWaysAtOnceShareTheLink) {
  Job job = job_with_host(Framework::kDeepSpeed);
  job.training.overlap_offload = true;
  const Simulation both = simulate(job, "ulysses=8,recompute=full,offload=all");
  const Simulation one = simulate(job, "ulysses=8,recompute=full,offload=optimizer");
  EXPECT_EQ(both.host_memory.bytes.value(), one.host_memory.bytes.value() + 32 * 134'217'728LL);
  EXPECT_GE(both.time.step.value(), one.time.step.value() - 1e-9);
}

TEST(Offload, RefusedWhereNotOffered) {
  const auto refusal = [](Framework framework, std::string_view layout) {
    const Job job = job_with_host(framework);
    return broken_rule(job, layout_of(job, layout));
  };
  EXPECT_EQ(refusal(Framework::kDeepSpeed, "ulysses=8,recompute=full,offload=all"), std::nullopt);
  EXPECT_EQ(refusal(Framework::kDeepSpeed, "ulysses=8,offload=activations"),
            ReasonCode::kOffloadNeedsFullRecompute);
  EXPECT_EQ(refusal(Framework::kMegatron, "ulysses=8,recompute=full,offload=activations"),
            ReasonCode::kActivationOffloadUnsupported);
  EXPECT_EQ(refusal(Framework::kTorchTitan, "ring=8,offload=optimizer"),
            ReasonCode::kOptimizerOffloadUnsupported);
  EXPECT_EQ(refusal(Framework::kDeepSpeed, "ulysses=8,sharding=none,offload=optimizer"),
            ReasonCode::kOffloadNeedsSharding);
  EXPECT_EQ(refusal(Framework::kMegatron, "ulysses=8,sharding=parameters,offload=optimizer"),
            ReasonCode::kOffloadNeedsSharding);
  EXPECT_EQ(refusal(Framework::kMegatron, "ulysses=8,mlp_chunks=4"),
            ReasonCode::kTiledMlpUnsupported);
  const Job unknown = make_job("Llama-3-8B", Framework::kDeepSpeed, 1, k128K, 8);
  EXPECT_EQ(broken_rule(unknown, layout_of(unknown, "ulysses=8,offload=optimizer")),
            ReasonCode::kHostLinkUnknown);
}

// 32 x 134,217,728 B x 8 GPUs = 32 GiB of a node.
TEST(Offload, HostMemoryIsLimited) {
  Job job = job_with_host(Framework::kDeepSpeed);
  const char* layout = "ulysses=8,recompute=full,offload=activations";
  job.cluster.host_memory = Bytes(32 * kGibi);
  EXPECT_TRUE(simulate(job, layout).fits);
  job.cluster.host_memory = Bytes(32 * kGibi - 1);
  EXPECT_FALSE(simulate(job, layout).fits);
  Simulator simulator(job);
  const Evaluation evaluation = simulator.evaluate(layout_of(job, layout));
  EXPECT_FALSE(evaluation.fits);
  EXPECT_LE(evaluation.peak, job.cluster.device.memory);
}

// Offload never takes more of the GPU and is never faster; what left the GPU is on the host.
RC_GTEST_PROP(Offload, MovesMemoryAndCostsTime, ()) {
  Job job = job_with_host(Framework::kDeepSpeed, 1, 8192 << *rc::gen::inRange(0, 5), 8);
  job.training.overlap_offload = *rc::gen::arbitrary<bool>();
  Layout layout = layout_of(job, "ulysses=8,recompute=full");
  layout.ulysses = *rc::gen::element(1, 2, 4, 8);
  layout.dp = 8 / layout.ulysses;
  layout.sharding =
      *rc::gen::element(Sharding::kOptimizer, Sharding::kGradients, Sharding::kParameters);
  layout.mlp_chunks = *rc::gen::element(1, 4);
  RC_PRE(!broken_rule(job, layout).has_value());
  Simulator simulator(job);
  const Simulation none = simulator.simulate(layout);
  layout.offload = *rc::gen::element(Offload::kActivations, Offload::kOptimizer, Offload::kAll);
  const Simulation some = simulator.simulate(layout);
  RC_ASSERT(some.peak.peak <= none.peak.peak);
  RC_ASSERT(some.time.step >= none.time.step * (1 - 1e-9));
  RC_ASSERT(none.host_memory.bytes == Bytes(0));
  RC_ASSERT(some.host_memory.bytes > Bytes(0));
  if (layout.offloads_activations()) {
    // What was saved on the GPU in all layers is on the host.
    RC_ASSERT(some.host_memory.by_role[static_cast<std::size_t>(MemoryRole::kSavedActivations)] ==
              none.saved_per_layer * 32);
  }
  if (layout.offloads_optimizer()) {
    RC_ASSERT(some.host_memory.by_role[static_cast<std::size_t>(MemoryRole::kOptimizerState)] ==
              none.peak.by_role[static_cast<std::size_t>(MemoryRole::kOptimizerState)]);
  }
  Seconds shares;
  for (const Seconds part : some.shares) shares += part;
  RC_ASSERT(std::abs(shares / some.time.step - 1.0) < 1e-9);
}

// Tiled: of a dense layer only the norm's output is kept of the feed-forward: 4 f T x 2 B less.
TEST(TiledMlp, KeepsOnlyItsInput) {
  const Job job = make_job("Llama-3-8B", Framework::kDeepSpeed, 1, k128K, 8);
  const Simulation whole = simulate(job, "ulysses=8");
  const Simulation tiled = simulate(job, "ulysses=8,mlp_chunks=4");
  EXPECT_EQ((whole.saved_per_layer - tiled.saved_per_layer).value(), 4LL * 14336 * (k128K / 8) * 2);
}

// FLOPs of the feed-forward: backward runs its three products again.
TEST(TiledMlp, RunsItsForwardAgain) {
  const Job job = make_job("Llama-3-8B", Framework::kDeepSpeed, 1, k128K, 8);
  const auto flops = [&](std::string_view layout) {
    const Program program = program_of(job, layout);
    double sum = 0;
    const Part& layer = part_named(program, "layer");
    for (const BlockIndex block : {layer.forward, layer.backward}) {
      tests::for_each_op(program, program.blocks[block], [&](const Op& op, std::int64_t times) {
        sum += static_cast<double>(times) * flops_of(op).value();
      });
    }
    return sum;
  };
  const double forward = 2.0 * (k128K / 8) * 3 * 4096 * 14336;
  EXPECT_NEAR(flops("ulysses=8,mlp_chunks=4") - flops("ulysses=8"), forward, 1);
  // Under full recomputation as well: three forwards in all.
  EXPECT_NEAR(flops("ulysses=8,recompute=full,mlp_chunks=4") - flops("ulysses=8,recompute=full"),
              forward, 1);
}

// The peak of the feed-forward falls with the chunks: at the SwiGLU backward gate, up (2 f), silu
// (f), its gradient (2 f) and d(SwiGLU output) (f) stand beside each other, T/chunks rows of 2 B
// each; of 63 chunks, ceil((256,000)/4096) as in ALST, section 3.1.1, little is left.
TEST(TiledMlp, WideTensorsAreThoseOfAChunk) {
  const Job job = make_job("Llama-3-8B", Framework::kDeepSpeed, 1, k128K, 8);
  const std::int64_t rows = k128K / 8;
  const auto peak = [&](std::string_view layout) {
    const Program program = program_of(job, layout);
    BlockMemoryReader reader;
    return reader.read(program, part_named(program, "layer")).backward.bytes.value();
  };
  const std::int64_t whole = peak("ulysses=8,recompute=full,sharding=optimizer");
  const std::int64_t four = peak("ulysses=8,recompute=full,sharding=optimizer,mlp_chunks=4");
  const std::int64_t most = peak("ulysses=8,recompute=full,sharding=optimizer,mlp_chunks=256");
  EXPECT_GT(whole, four);
  EXPECT_GT(four, most);
  // At least 6 f rows less 6 f rows/4, and what of them the chunk's copy of its output takes away.
  EXPECT_GT(whole - four, 2LL * 6 * 14336 * (rows - rows / 4) - 3LL * rows * 4096 * 2);
}

}  // namespace
}  // namespace seqspan::sim
