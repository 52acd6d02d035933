// Tensor parallel communication in pieces under products (training.overlap_tensor_parallel).
#include <gtest/gtest.h>

#include "sim/engine/simulator.hpp"
#include "sim/layout/legality.hpp"
#include "tests/support/job.hpp"

namespace seqspan::sim {
namespace {

using tests::for_each_op;
using tests::layer_bytes_sent;
using tests::layout_of;
using tests::make_job;
using tests::part_named;
using tests::program_of;

Job overlapped(const std::string& model, Framework framework, bool overlaps = true) {
  Job job = make_job(model, framework, 1, 131072, 8);
  job.training.overlap_tensor_parallel = overlaps;
  return job;
}

// n = 131072 x 4096 x 2 B = 1,073,741,824. The collectives without overlap send 4 (t-1)/t n
// forward and 6 (t-1)/t n backward: traffic_test.cpp.
TEST(TensorOverlap, OverlapSendsTheSameBytes) {
  for (const Framework framework : {Framework::kMegatron, Framework::kTorchTitan}) {
    const Program program = program_of(overlapped("Llama-3-8B", framework), "tp=8");
    EXPECT_EQ(layer_bytes_sent(program, Axis::kTensor, Pass::kForward), 3'758'096'384);
    EXPECT_EQ(layer_bytes_sent(program, Axis::kTensor, Pass::kBackward), 5'637'144'576);
  }
}

TEST(TensorOverlap, PiecesMultiplyAsMuch) {
  const auto flops_of_layer = [](const Program& program) {
    Flops flops{};
    const Part& layer = part_named(program, "layer");
    for (const BlockIndex index : {layer.forward, layer.backward}) {
      for_each_op(program, program.blocks[index], [&](const Op& op, std::int64_t times) {
        flops += Flops(static_cast<double>(times) * flops_of(op).value());
      });
    }
    return flops;
  };
  for (const char* model : {"Llama-3-8B", "Megatron-GPT-22B"}) {
    const Program whole = program_of(overlapped(model, Framework::kMegatron, false), "tp=8");
    const Program pieces = program_of(overlapped(model, Framework::kMegatron), "tp=8");
    EXPECT_DOUBLE_EQ(flops_of_layer(pieces).value(), flops_of_layer(whole).value()) << model;
  }
}

// Of QKV, t = 8: 7 times a piece is multiplied while it is passed on, and the last one is
// multiplied: loops of 7 and 4 for the two products of each half, forward; 7 for the data gradients
// of the two output products, backward.
TEST(TensorOverlap, ExchangeIsHandCounted) {
  const Program program = program_of(overlapped("Llama-3-8B", Framework::kMegatron), "tp=8");
  const Part& layer = part_named(program, "layer");
  const auto loops = [&](BlockIndex index) {
    const Block& block = program.blocks[index];
    std::vector<std::int64_t> times;
    for (std::size_t l = block.first_loop; l < block.first_loop + block.loop_count; ++l) {
      times.push_back(program.loops[l].times);
    }
    return times;
  };
  EXPECT_EQ(loops(layer.forward), (std::vector<std::int64_t>{7, 4, 7, 4}));
  EXPECT_EQ(loops(layer.backward), (std::vector<std::int64_t>{7, 7}));
  for_each_op(program, program.blocks[layer.forward], [](const Op& op, std::int64_t times) {
    const auto* work = std::get_if<Communication>(&op.work);
    if (work == nullptr || work->collective != Collective::kRingShift) return;
    EXPECT_EQ(times, 7);
    EXPECT_EQ(work->bytes, Bytes(134'217'728)) << "n/8";
    EXPECT_TRUE(work->direct);
  });
}

// 405B-like widths: a piece's product takes longer than its way to the next rank, so what is left
// is what has nothing to run under: pieces of the scatters at the end of each, embedding and loss.
TEST(TensorOverlap, OverlapHidesTensorParallelCommunication) {
  const auto simulated = [](bool overlaps) {
    const Job job = overlapped("Llama-3.1-405B", Framework::kMegatron, overlaps);
    Simulator simulator(job);
    return simulator.simulate(layout_of(job, "tp=8,recompute=full"));
  };
  const Simulation with = simulated(true);
  const Simulation without = simulated(false);
  constexpr auto kTensor = static_cast<std::size_t>(Axis::kTensor);
  EXPECT_LT(with.exposed.by_axis[kTensor], without.exposed.by_axis[kTensor] * 0.35);
  EXPECT_LT(with.time.step, without.time.step);
  // No more disappears than was waited for.
  EXPECT_GT(with.time.step, without.time.step - without.exposed.by_axis[kTensor]);
}

TEST(TensorOverlap, NothingChangesWithoutTensorParallelism) {
  const Job job = overlapped("Llama-3-8B", Framework::kMegatron);
  const Job plain = overlapped("Llama-3-8B", Framework::kMegatron, false);
  for (const char* layout : {"ulysses=8", "tp=4,ulysses=2,sequence_parallel=false"}) {
    EXPECT_EQ(program_of(job, layout).ops.size(), program_of(plain, layout).ops.size()) << layout;
  }
}

TEST(TensorOverlap, RefusedWhereItCannotBe) {
  Job job = overlapped("Llama-3-8B", Framework::kMegatron);
  EXPECT_FALSE(broken_rule(job, layout_of(job, "tp=8")).has_value());
  EXPECT_EQ(broken_rule(job, layout_of(job, "tp=8,sequence_parallel=false")),
            ReasonCode::kTensorOverlapUnsupported);
  job.training.sequence_length = 72;  // shards of 9 tokens: 72 is no multiple of 4 x 8
  EXPECT_EQ(broken_rule(job, layout_of(job, "tp=8")), ReasonCode::kTensorOverlapUnsupported);
  EXPECT_FALSE(broken_rule(job, layout_of(job, "ulysses=1")).has_value()) << "tp = 1";
  const Job latent = overlapped("DeepSeek-V3", Framework::kMegatron);
  EXPECT_EQ(broken_rule(latent, layout_of(latent, "tp=8")), ReasonCode::kTensorOverlapUnsupported);
}

}  // namespace
}  // namespace seqspan::sim
