// Fused and eager kernels, torch.compile, and torchtitan's selective recomputation.
#include "sim/lower/kernels.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "sim/engine/block_memory.hpp"
#include "sim/engine/simulator.hpp"
#include "sim/layout/legality.hpp"
#include "tests/support/job.hpp"

namespace seqspan::sim {
namespace {

using tests::make_job;
using tests::part_named;
using tests::program_of;

constexpr std::int64_t kSequence = 8192;

// Llama-3-8B: h 4,096, a 32, g 8, d 128, f 14,336, V 128,256.
Job llama(Framework framework, std::optional<bool> compile = std::nullopt) {
  Job job = make_job("Llama-3-8B", framework, 1, kSequence, 8);
  job.training.compile = compile;
  return job;
}

// Bytes that the passes of one layer move per token, by name.
std::map<std::string, std::int64_t> passes_of(const Job& job, const char* layout, bool backward) {
  const Program program = program_of(job, layout);
  const Part& layer = part_named(program, "layer");
  std::map<std::string, std::int64_t> passes;
  tests::for_each_op(program, program.blocks[backward ? layer.backward : layer.forward],
                     [&](const Op& op, std::int64_t times) {
                       if (const auto* pass = std::get_if<MemoryPass>(&op.work)) {
                         passes[op.name] += times * pass->bytes.value() / kSequence;
                       }
                     });
  return passes;
}

std::int64_t saved_per_token(const Job& job, const char* layout) {
  const Program program = program_of(job, layout);
  BlockMemoryReader reader;
  return reader.read(program, part_named(program, "layer")).saved.value() / kSequence;
}

// FLOPs of the products of a layer's backward, per token.
std::int64_t backward_products(const Job& job, const char* layout) {
  const Program program = program_of(job, layout);
  double flops = 0;
  tests::for_each_op(program, program.blocks[part_named(program, "layer").backward],
                     [&](const Op& op, std::int64_t times) {
                       if (std::holds_alternative<Gemm>(op.work)) {
                         flops += static_cast<double>(times) * flops_of(op).value();
                       }
                     });
  return static_cast<std::int64_t>(flops / kSequence);
}

// Bytes per number from the head of kernels.hpp: a layer has two norms of h numbers, RoPE of
// (a + g) d, and copies v, g d.
TEST(Kernels, EagerModulesMoveWhatLiesBetween) {
  const auto forward = passes_of(llama(Framework::kDeepSpeed), "ulysses=1", false);
  EXPECT_EQ(forward.at("cast to fp32") + forward.at("normalise") + forward.at("scale norm"),
            2 * (6 + 26 + 4) * 4096);
  EXPECT_EQ(forward.at("split heads, RoPE"), 20 * 40 * 128 + 4 * 8 * 128);
  EXPECT_EQ(forward.at("silu") + forward.at("silu(gate) x up"), (4 + 6) * 14336);
  const auto backward = passes_of(llama(Framework::kDeepSpeed), "ulysses=1", true);
  EXPECT_EQ(backward.at("norm backward"), 2 * (92 + 6) * 4096);
  EXPECT_EQ(backward.at("RoPE backward"), 30 * 40 * 128 + 4 * 8 * 128);
  EXPECT_EQ(backward.at("silu(gate) x up backward"), 18 * 14336);
  // q, k, v and gate, up are layers of their own: three gradients of one input, and two.
  EXPECT_EQ(backward.at("sum of gradients from q, k, v"), 2 * 6 * 4096);
  EXPECT_EQ(backward.at("sum of gradients from gate, up"), 6 * 4096);
}

// Fused, each reads its input and writes its output: 2 + 2 bytes; the norm's 1/rms is 4 a token.
TEST(Kernels, CompiledOnesAreFused) {
  const auto eager = passes_of(llama(Framework::kTorchTitan, false), "dp=8", false);
  EXPECT_EQ(eager.at("norm"), 2 * (4 * 4096 + 4)) << "a kernel of its own in PyTorch";
  EXPECT_EQ(eager.at("split heads, RoPE"), 20 * 40 * 128 + 4 * 8 * 128);
  EXPECT_EQ(eager.at("silu"), 4 * 14336);
  const auto compiled = passes_of(llama(Framework::kTorchTitan, true), "dp=8", false);
  EXPECT_EQ(compiled.at("split heads, RoPE"), 4 * 48 * 128);
  EXPECT_EQ(compiled.at("SwiGLU"), 6 * 14336);
  EXPECT_FALSE(compiled.contains("silu"));
  // The kernel that follows reads the other gradients: 2 bytes each.
  const auto backward = passes_of(llama(Framework::kTorchTitan, true), "dp=8", true);
  EXPECT_EQ(backward.at("sum of gradients from q, k, v"), 2 * 2 * 4096);
}

TEST(Kernels, CompilingOthersIsRefused) {
  for (const Framework framework : {Framework::kMegatron, Framework::kDeepSpeed}) {
    const Job job = llama(framework, true);
    const auto code = broken_rule(job, tests::layout_of(job, "ulysses=8"));
    ASSERT_EQ(code, ReasonCode::kCompileUnsupported);
    EXPECT_EQ(facts_of(*code).name, "compile_unsupported") << "and not its neighbour's text";
    const Job said_no = llama(framework, false);
    EXPECT_FALSE(broken_rule(said_no, tests::layout_of(said_no, "ulysses=8")));
  }
}

TEST(Kernels, CompilesWhereTheFrameworkAsksForIt) {
  const FrameworkTraits& torchtitan = traits_of(Framework::kTorchTitan);
  Training training;
  EXPECT_FALSE(is_compiled(training, torchtitan));
  EXPECT_EQ(loss_of(training, torchtitan), LossKind::kEagerFloat32);
  training.overlap_tensor_parallel = true;
  EXPECT_TRUE(is_compiled(training, torchtitan));
  training.overlap_tensor_parallel = false;
  training.linear_precision = LinearPrecision::kFloat8;
  EXPECT_TRUE(is_compiled(training, torchtitan));
  EXPECT_EQ(loss_of(training, torchtitan), LossKind::kFloat32Logits);
  training.compile = false;
  EXPECT_FALSE(is_compiled(training, torchtitan));
  training.compile = true;
  EXPECT_FALSE(is_compiled(training, traits_of(Framework::kMegatron)));
  EXPECT_EQ(loss_of(training, traits_of(Framework::kMegatron)), LossKind::kFused);
}

// Of wq, wk, wv, wo, w1, w3, w2 every second output is computed again. Kept, in bf16: the input h,
// q and v (a + g) d, attention's output a d with its LSE of 4 a bytes, and gate f.
TEST(SelectiveRecompute, TorchtitanKeepsEverySecondProduct) {
  const Job job = llama(Framework::kTorchTitan, true);
  EXPECT_EQ(saved_per_token(job, "dp=8,recompute=selective"),
            2 * (4096 + 40 * 128 + 32 * 128 + 14336) + 4 * 32);
  // Computed again: wk h x g d, wo a d x h, w3 h x f; attention is not.
  EXPECT_EQ(backward_products(job, "dp=8,recompute=selective") - backward_products(job, "dp=8"),
            2 * 4096 * (8 * 128 + 32 * 128 + 14336));
  // Under tensor parallelism what the reduce-scatter wrote is kept, and a compiler drops wo.
  const Job two = make_job("Llama-3-8B", Framework::kTorchTitan, 1, kSequence, 8);
  EXPECT_EQ(
      backward_products(two, "tp=2,dp=4,recompute=selective") - backward_products(two, "tp=2,dp=4"),
      4096 * (8 * 128 + 32 * 128 + 14336));
  Job compiled = two;
  compiled.training.compile = true;
  EXPECT_EQ(backward_products(compiled, "tp=2,dp=4,recompute=selective") -
                backward_products(compiled, "tp=2,dp=4"),
            4096 * (8 * 128 + 14336));
}

// All layers' products again, h (a + 2 g) d + a d h + 3 h f, but what a compiler sees nobody read:
// the down projection, h f.
TEST(FullRecompute, ACompilerLeavesOutWhatBackwardDoesNotRead) {
  for (const bool compile : {false, true}) {
    const Job job = llama(Framework::kTorchTitan, compile);
    EXPECT_EQ(backward_products(job, "dp=8,recompute=full") - backward_products(job, "dp=8"),
              2 * 4096 * (48 * 128 + 32 * 128 + (compile ? 2 : 3) * 14336));
  }
}

// Whole gradients are added up in fp32 beside the shards: a layer of Llama-3-8B has 218,112,000
// parameters, 4 bytes each; bf16 ones are read, the sum read and written.
TEST(Sharding, GradientsUnderAPipelineAreAddedUpInFloat32) {
  const Job job = make_job("Llama-3-8B", Framework::kTorchTitan, 1, kSequence, 8);
  const Program program = program_of(job, "pp=2,dp=4");
  const Part& layer = part_named(program, "layer");
  std::int64_t standing = 0;
  for (std::size_t t = layer.first_tensor; t < layer.first_tensor + layer.tensor_count; ++t) {
    const Tensor& tensor = program.tensors[t];
    if (std::string_view(tensor.name) == "gradients of all micro-batches") {
      standing = tensor.bytes.value();
    }
  }
  EXPECT_EQ(standing, 4 * 218'112'000LL);
  EXPECT_EQ(passes_of(job, "pp=2,dp=4", true).at("add gradients"), 10 * 218'112'000LL / kSequence);
}

}  // namespace
}  // namespace seqspan::sim
