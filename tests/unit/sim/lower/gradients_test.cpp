// What frameworks and settings do to gradients, their reduction, the update and logged losses.
#include <gtest/gtest.h>

#include <string_view>

#include "tests/support/job.hpp"

namespace seqspan::sim {
namespace {

using tests::for_each_op;
using tests::layer_bytes_sent;
using tests::make_job;
using tests::part_named;
using tests::program_of;

constexpr std::int64_t kTokens = 8192;

Job job_of(const std::string& model, Framework framework) {
  return make_job(model, framework, 1, kTokens, 8);
}

// Bytes of the memory passes of a part with this name, in all of its blocks.
std::int64_t pass_bytes(const Program& program, std::string_view part, std::string_view name) {
  std::int64_t bytes = 0;
  const Part& one = part_named(program, part);
  for (const BlockIndex block : {one.forward, one.backward, one.update}) {
    for_each_op(program, program.blocks[block], [&](const Op& op, std::int64_t times) {
      const auto* pass = std::get_if<MemoryPass>(&op.work);
      if (pass != nullptr && op.name == name) bytes += times * pass->bytes.value();
    });
  }
  return bytes;
}

// Products whose result is added to gradients in fp32.
std::int64_t added_gradients(const Program& program) {
  std::int64_t count = 0;
  for (const Op& op : program.ops) {
    const auto* gemm = std::get_if<Gemm>(&op.work);
    if (gemm != nullptr && gemm->weight_gradient) ++count;
  }
  return count;
}

// Four products of a layer of GPT-2, and the LM head: Megatron adds them up, autograd writes bf16.
TEST(Gradients, AreAddedUpInProductsByMegatronOnly) {
  const char* layout = "micro_batch=1";
  EXPECT_EQ(added_gradients(program_of(job_of("GPT-2", Framework::kMegatron), layout)), 5);
  for (const Framework framework :
       {Framework::kDeepSpeed, Framework::kYunchang, Framework::kTorchTitan}) {
    EXPECT_EQ(added_gradients(program_of(job_of("GPT-2", framework), layout)), 0);
  }
}

// GPT-2: biases of 3 h, h, 4 h and h, h = 768; their gradients in bf16 are read.
TEST(Gradients, OfBiasesAreSumsOfTheirOwnWhereNoProductMakesThem) {
  const auto bytes = [](const std::string& model, Framework framework) {
    return pass_bytes(program_of(job_of(model, framework), "micro_batch=1"), "layer",
                      "sum of bias gradient");
  };
  EXPECT_EQ(bytes("GPT-2", Framework::kTorchTitan), 2 * kTokens * 9 * 768);
  EXPECT_EQ(bytes("GPT-2", Framework::kMegatron), 0);
  EXPECT_EQ(bytes("Llama-3-8B", Framework::kTorchTitan), 0) << "no biases";
}

TEST(Gradients, ReducedInBfloat16AreHalfTheBytes) {
  const auto sent = [](bool bfloat16) {
    Job job = job_of("Llama-3-8B", Framework::kTorchTitan);
    job.training.bf16_gradient_reduction = bfloat16;
    return layer_bytes_sent(program_of(job, "micro_batch=1"), Axis::kShard, Pass::kBackward);
  };
  // 218,112,000 parameters of a layer: 7/8 of them gathered in bf16, and reduced in fp32 or bf16.
  EXPECT_EQ(sent(false), 218'112'000LL * 7 / 8 * (2 + 4));
  EXPECT_EQ(sent(true), 218'112'000LL * 7 / 8 * (2 + 2));
}

// Megatron's buffer of main gradients itself is in that type: what products add to it (a weight
// gradient reads and writes it), what stands, and what is reduced of a layer's 218,112,000.
TEST(Gradients, OfMegatronAreAddedUpInTheTypeInWhichTheyAreReduced) {
  for (const bool bfloat16 : {false, true}) {
    Job job = job_of("Llama-3-8B", Framework::kMegatron);
    job.training.bf16_gradient_reduction = bfloat16;
    const Program program = program_of(job, "dp=8,micro_batch=1");
    const std::int64_t size = bfloat16 ? 2 : 4;
    EXPECT_EQ(layer_bytes_sent(program, Axis::kShard, Pass::kBackward),
              218'112'000LL * 7 / 8 * size);
    for (const Op& op : program.ops) {
      const auto* gemm = std::get_if<Gemm>(&op.work);
      if (gemm != nullptr && gemm->weight_gradient) {
        EXPECT_EQ(bytes_per_element(gemm->sum), size) << op.name;
      }
    }
    for (const Tensor& tensor : program.tensors) {
      if (std::string_view(tensor.name) == "layer gradients") {
        EXPECT_EQ(tensor.bytes.value(), 218'112'000LL * size);
      }
    }
    // Of 1/8: the norm and the factor (12 bytes), Adam, which reads the gradient (4), reads and
    // writes three words and writes bf16 (26), a master read again (4); in bf16 6 more for an fp32
    // copy. The whole buffer is cleared.
    EXPECT_EQ(pass_bytes(program, "layer", "optimizer"),
              218'112'000LL / 8 * (46 + (bfloat16 ? 6 : 0)) + 218'112'000LL * size);
  }
}

// fp32 state of 1/8 of a layer's 218,112,000 parameters. Clipping reads the gradient twice and
// writes it: 12 bytes. One kernel: gradient, two moments read and written, parameter written: 24.
// By operations: two moments scaled (2 x 8), added to (2 x 12), root, division and eps (3 x 8),
// step (16): 80.
TEST(Update, OfOneKernelOrOperationByOperation) {
  const auto bytes = [](bool fused) {
    Job job = job_of("Llama-3-8B", Framework::kTorchTitan);
    job.training.fused_optimizer = fused;
    return pass_bytes(program_of(job, "micro_batch=1"), "layer", "optimizer");
  };
  EXPECT_EQ(bytes(true), 218'112'000LL / 8 * (12 + 24));
  EXPECT_EQ(bytes(false), 218'112'000LL / 8 * (12 + 80));
}

// GPT-2 has 50,257 words: an fp32 copy of bf16 logits (6 bytes) and its log-softmax (8).
TEST(LoggedLosses, PassOverTheLogits) {
  const auto bytes = [](std::int64_t losses) {
    Job job = job_of("GPT-2", Framework::kTorchTitan);
    job.training.logged_losses = losses;
    return pass_bytes(program_of(job, "micro_batch=1"), "loss", "logged losses");
  };
  EXPECT_EQ(bytes(0), 0);
  EXPECT_EQ(bytes(2), 2 * 14 * kTokens * 50257);
}

}  // namespace
}  // namespace seqspan::sim
