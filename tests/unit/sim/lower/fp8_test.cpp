// What FP8 linears keep, send and multiply, against closed forms.
#include <gtest/gtest.h>

#include "sim/engine/block_memory.hpp"
#include "tests/support/job.hpp"

namespace seqspan::sim {
namespace {

using tests::for_each_op;
using tests::layer_bytes_sent;
using tests::make_job;
using tests::part_named;
using tests::program_of;

constexpr std::int64_t k128K = 131072;

Job fp8_job(Framework framework, std::optional<Fp8Recipe> recipe = std::nullopt) {
  Job job = make_job("Llama-3-8B", framework, 1, k128K, 8);
  job.training.linear_precision = LinearPrecision::kFloat8;
  job.training.fp8_recipe = recipe;
  return job;
}

std::int64_t saved_per_layer(const Job& job, std::string_view layout) {
  const Program program = program_of(job, layout);
  BlockMemoryReader reader;
  return reader.read(program, part_named(program, "layer")).saved.value();
}

const Tensor* tensor_named(const Program& program, std::string_view name) {
  for (const Tensor& tensor : program.tensors) {
    if (tensor.name == name) return &tensor;
  }
  return nullptr;
}

std::int64_t pass_bytes(const Program& program, std::string_view name) {
  std::int64_t bytes = 0;
  for (const Op& op : program.ops) {
    const auto* pass = std::get_if<MemoryPass>(&op.work);
    if (pass != nullptr && op.name == name) bytes += pass->bytes.value();
  }
  return bytes;
}

// In bf16 a layer keeps T (8h + 4(a+g)d + 6f + 4a + 8) bytes (saved_bytes_test.cpp). In FP8 the two
// norm outputs are a byte instead of two (-2h), SwiGLU's output too (-f), and the output projection
// keeps its input in FP8 beside the bf16 one of attention (+ a d).
// Llama-3-8B, per token: 6 x 4096 + 4 x 40 x 128 + 5 x 14336 + 4096 + 4 x 32 + 8 = 120,968.
TEST(Fp8, TransformerEngineKeepsInputsInFp8) {
  for (const Fp8Recipe recipe : {Fp8Recipe::kDelayed, Fp8Recipe::kTensorwise}) {
    const Job job = fp8_job(Framework::kMegatron, recipe);
    EXPECT_EQ(saved_per_layer(job, "tp=1"), k128K * 120'968);
    EXPECT_EQ(saved_per_layer(job, "tp=4"), k128K / 4 * 120'968);
    EXPECT_EQ(saved_per_layer(job, "ring=8"), k128K / 8 * 120'968);
  }
}

TEST(Fp8, TorchaoKeepsInputsInBfloat16) {
  Job in_bf16 = make_job("Llama-3-8B", Framework::kTorchTitan, 1, k128K, 8);
  in_bf16.training.compile = true;  // as with FP8
  for (const Fp8Recipe recipe : {Fp8Recipe::kTensorwise, Fp8Recipe::kRowwise}) {
    const Job job = fp8_job(Framework::kTorchTitan, recipe);
    for (const char* layout : {"ring=8", "ring=8,recompute=full"}) {
      EXPECT_EQ(saved_per_layer(job, layout), saved_per_layer(in_bf16, layout)) << layout;
    }
  }
}

// Parameters of a layer's matrices: 4096 x (6144 + 4096 + 3 x 14336) = 218,103,808.
TEST(Fp8, TransformerEngineKeepsWeightsTwice) {
  const Program program = program_of(fp8_job(Framework::kMegatron), "tp=2,ring=4");
  const Tensor* copies = tensor_named(program, "FP8 weights and their transposes");
  ASSERT_NE(copies, nullptr);
  EXPECT_EQ(copies->bytes.value(), 2 * 218'103'808 / 2);
  EXPECT_EQ(copies->role, Role::kParameter);
  EXPECT_EQ(tensor_named(program_of(fp8_job(Framework::kTorchTitan), "ring=8"),
                         "FP8 weights and their transposes"),
            nullptr);
}

// n = T h x 2 B = 131072 x 4096 x 2 = 1,073,741,824 B; t = 4: 3/4 of a collective is sent. In bf16
// forward gathers 2 n and scatters 2 n, backward gathers 4 n and scatters 2 n. In FP8 what is
// gathered is half as large: 3 n forward, 4 n backward.
TEST(Fp8, TensorParallelismGathersInFp8) {
  const std::int64_t n = 1'073'741'824;
  for (const Framework framework : {Framework::kMegatron, Framework::kTorchTitan}) {
    const Program program = program_of(fp8_job(framework, Fp8Recipe::kTensorwise), "tp=4,dp=2");
    EXPECT_EQ(layer_bytes_sent(program, Axis::kTensor, Pass::kForward), 3 * n * 3 / 4);
    EXPECT_EQ(layer_bytes_sent(program, Axis::kTensor, Pass::kBackward), 4 * n * 3 / 4);
  }
}

// 218,103,808 matrix elements of a byte and 8,192 of norms of two: 218,120,192 B, 7/8 of it sent.
TEST(Fp8, FsdpGathersWeightsInFp8WhenTold) {
  Job job = fp8_job(Framework::kTorchTitan);
  const auto gathered = [&] {
    const Program program = program_of(job, "ring=8,recompute=full");
    std::int64_t bytes = 0;
    for_each_op(program, program.blocks[part_named(program, "layer").forward],
                [&](const Op& op, std::int64_t) {
                  const auto* work = std::get_if<Communication>(&op.work);
                  if (work != nullptr && work->axis == Axis::kShard) bytes += work->bytes.value();
                });
    return bytes;
  };
  EXPECT_EQ(gathered(), 2 * 218'112'000);
  job.training.fp8_all_gather = true;
  EXPECT_EQ(gathered(), 218'120'192);
}

// Four linears, three products each, in FP8; those of the loss and attention stay in bf16.
TEST(Fp8, LayersMultiplyInFp8AndTheHeadInBfloat16) {
  for (const Framework framework : {Framework::kMegatron, Framework::kTorchTitan}) {
    const Program program = program_of(fp8_job(framework), "ring=8");
    std::array<int, 3> of_precision{};
    for (const Op& op : program.ops) {
      if (const auto* gemm = std::get_if<Gemm>(&op.work)) {
        ++of_precision[static_cast<std::size_t>(gemm->precision)];
      }
    }
    EXPECT_EQ(of_precision, (std::array<int, 3>{3, 4, 8}));
  }
}

// One pass of an activation of n numbers. Delayed scaling: the output projection's input is read in
// bf16 and written in FP8 twice, 4 n; with the largest number looked for first, 6 n.
TEST(Fp8, CastsReadOnceOrTwice) {
  const std::int64_t n = k128K / 8 * 4096;
  for (const auto& [recipe, bytes] :
       {std::pair(Fp8Recipe::kDelayed, 4 * n), std::pair(Fp8Recipe::kTensorwise, 6 * n)}) {
    const Program program = program_of(fp8_job(Framework::kMegatron, recipe), "ring=8");
    const Op* before = nullptr;
    for (const Op& op : program.ops) {
      if (std::string_view(op.name) == "output projection") break;
      before = &op;
    }
    ASSERT_NE(before, nullptr);
    EXPECT_STREQ(before->name, "cast to FP8, and transpose");
    EXPECT_EQ(std::get<MemoryPass>(before->work).bytes.value(), bytes);
  }
}

// --fp8-param-gather: 218,103,808 matrix elements of a byte, 8,192 of norms of two: stored, and
// gathered, 7/8 of it sent. What is transposed for Hopper is as large as the matrices.
TEST(Fp8, MegatronStoresAndGathersWeightsInFp8WhenTold) {
  Job job = fp8_job(Framework::kMegatron);
  job.training.fp8_all_gather = true;
  const Program program = program_of(job, "ring=8");
  ASSERT_NE(tensor_named(program, "layer parameters"), nullptr);
  EXPECT_EQ(tensor_named(program, "layer parameters")->bytes.value(), 218'120'192);
  ASSERT_NE(tensor_named(program, "transposed FP8 weights"), nullptr);
  EXPECT_EQ(tensor_named(program, "transposed FP8 weights")->bytes.value(), 218'103'808);
  EXPECT_EQ(layer_bytes_sent(program, Axis::kShard, Pass::kForward), 218'120'192LL * 7 / 8);
  EXPECT_EQ(pass_bytes(program, "transpose FP8 weights"), 2 * 218'103'808LL);
}

// Products of Blackwell take operands either way: nothing is transposed, a cast writes one copy.
TEST(Fp8, BlackwellTransposesNothing) {
  for (const bool stored : {false, true}) {
    Job job = fp8_job(Framework::kMegatron, Fp8Recipe::kDelayed);
    job.cluster.device.fp8_transposes = false;
    job.training.fp8_all_gather = stored;
    const Program program = program_of(job, "tp=2,ring=4");
    for (const Tensor& tensor : program.tensors) {
      EXPECT_EQ(std::string_view(tensor.name).find("transpose"), std::string_view::npos)
          << tensor.name;
    }
    for (const Op& op : program.ops) {
      EXPECT_EQ(std::string_view(op.name).find("transpose"), std::string_view::npos) << op.name;
    }
    // Half of 218,103,808 on each rank.
    const Tensor* copies = tensor_named(program, "FP8 weights");
    EXPECT_EQ(copies == nullptr ? 0 : copies->bytes.value(), stored ? 0 : 109'051'904);
    EXPECT_EQ(saved_per_layer(job, "tp=2,ring=4"), k128K / 8 * 120'968) << "a byte a number";
  }
}

// Qwen3-30B-A3B, tp = 1, c = 8, e = 8: T' = 16,384 tokens, R = 8 T' rows of experts. In bf16 the
// experts keep input 2h, gate and up 4f and SwiGLU output 2f bytes a row; in FP8 h, 4f and f. The
// other linears of a layer keep T' (h + a d) less: norm output before attention 2h -> h (that
// before the router stays), and the input of the output projection, a d more.
TEST(Fp8, ExpertsKeepInputsInFp8) {
  Job job = make_job("Qwen3-30B-A3B", Framework::kMegatron, 1, k128K, 8);
  const char* layout = "ring=8,ep=8";
  const std::int64_t in_bf16 = saved_per_layer(job, layout);
  job.training.linear_precision = LinearPrecision::kFloat8;
  const std::int64_t tokens = k128K / 8;
  const std::int64_t h = 2048;
  const std::int64_t f = 768;
  const std::int64_t heads = 32 * 128;
  EXPECT_EQ(in_bf16 - saved_per_layer(job, layout), 8 * tokens * (h + f) + tokens * (h - heads));
}

// DeepSeek-V2's dense layer, per token: both down projections keep a cast of the norm's output, h
// each, where bf16 keeps 2h; the normed latents and the norm before feed-forward are a byte a
// number (r_q + r_kv + h less), SwiGLU's output too (f), and the output projection keeps its input
// beside attention's (a d_v more): 1,536 + 512 + 5,120 + 12,288 - 128 x 128 = 3,072 less.
TEST(Fp8, LatentAttentionKeepsInputsInFp8) {
  Job job = make_job("DeepSeek-V2", Framework::kMegatron, 1, k128K, 8);
  const auto saved = [&] {
    const Program program = program_of(job, "ring=8,ep=8,etp=1");
    BlockMemoryReader reader;
    return reader.read(program, part_named(program, "dense layer")).saved.value();
  };
  const std::int64_t in_bf16 = saved();
  job.training.linear_precision = LinearPrecision::kFloat8;
  EXPECT_EQ(in_bf16 - saved(), k128K / 8 * 3072);
}

// Seven matrices of the dense layer: two down, two up, output, gate and up, down. The forward
// products are fast, the others precise; nothing of the layer is left in bf16.
TEST(Fp8, LatentAttentionMultipliesInFp8) {
  Job job = make_job("DeepSeek-V2", Framework::kMegatron, 1, k128K, 8);
  job.training.linear_precision = LinearPrecision::kFloat8;
  const Program program = program_of(job, "ring=8,ep=8,etp=1");
  const Part& dense = part_named(program, "dense layer");
  std::array<int, 3> of_precision{};
  for (const BlockIndex block : {dense.forward, dense.backward}) {
    for_each_op(program, program.blocks[block], [&](const Op& op, std::int64_t) {
      if (const auto* gemm = std::get_if<Gemm>(&op.work)) {
        ++of_precision[static_cast<std::size_t>(gemm->precision)];
      }
    });
  }
  EXPECT_EQ(of_precision, (std::array<int, 3>{0, 7, 14}));
}

// 128 experts over e = 8: 16 with 3 h f numbers each, FP8 copies of them and their transposes.
TEST(Fp8, ExpertsMultiplyInFp8) {
  Job job = make_job("Qwen3-30B-A3B", Framework::kMegatron, 1, k128K, 8);
  job.training.linear_precision = LinearPrecision::kFloat8;
  const Program program = program_of(job, "ring=8,ep=8");
  std::array<int, 3> of_precision{};
  for (const Op& op : program.ops) {
    const auto* gemm = std::get_if<Gemm>(&op.work);
    if (gemm != nullptr && gemm->groups == 16) {
      ++of_precision[static_cast<std::size_t>(gemm->precision)];
    }
  }
  EXPECT_EQ(of_precision, (std::array<int, 3>{0, 2, 4}));
  std::int64_t copies = 0;
  for (const Tensor& tensor : program.tensors) {
    if (std::string_view(tensor.name) == "FP8 weights and their transposes") {
      copies += tensor.bytes.value();
    }
  }
  // Attention: h (a + 2 g) d and a d h = 2,048 x (40 x 128 + 32 x 128) = 18,874,368.
  EXPECT_EQ(copies, 2 * (18'874'368LL + 16LL * 3 * 2048 * 768));
}

}  // namespace
}  // namespace seqspan::sim
