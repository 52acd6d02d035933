#include "sim/engine/block_memory.hpp"

#include <gtest/gtest.h>

#include "sim/lower/attention/local.hpp"
#include "sim/lower/attention/ring.hpp"
#include "tests/support/job.hpp"

namespace seqspan::sim {
namespace {

constexpr std::int64_t kTokens = 1024;  // s/r
constexpr std::int64_t kHeads = 8;
constexpr std::int64_t kKvHeads = 2;
constexpr std::int64_t kHeadDim = 64;
constexpr std::int64_t kQuery = kTokens * kHeads * kHeadDim;  // N_q
constexpr std::int64_t kKv = kTokens * kKvHeads * kHeadDim;   // N_k
constexpr std::int64_t kU = 2 * kKv * 2;                      // bytes of K and V
constexpr std::int64_t kLse = 4 * kTokens * kHeads;

HeadBlock head_block(std::int64_t ring) {
  return {{"b", 1},        {"s/r", kTokens}, {"s", ring * kTokens}, {"a", kHeads},
          {"g", kKvHeads}, {"d", kHeadDim},  {"d", kHeadDim}};
}

// A part that is nothing but one attention method.
template <class Make>
PartMemory memory_of(std::int64_t ring, Make make) {
  Program program;
  ProgramBuilder builder(program);
  builder.begin_part("attention");
  const HeadBlock block = head_block(ring);
  const QueryKeyValue inputs{builder.bfloat16("q", block.query()),
                             builder.bfloat16("k", block.key()),
                             builder.bfloat16("v", block.value())};
  const TensorId gradient = builder.bfloat16("dO", block.query());
  const auto attention = make(builder, block, inputs);
  builder.begin_forward("forward", {inputs.query, inputs.key, inputs.value}, {attention.output()});
  attention.forward(builder);
  builder.end_block();
  const QueryKeyValue gradients = attention.gradients();
  builder.begin_backward("backward", {gradient}, {gradients.query, gradients.key, gradients.value});
  attention.backward(builder, gradient);
  builder.end_block();
  builder.begin_update("update");
  builder.end_block();
  builder.end_part();
  BlockMemoryReader reader;
  return reader.read(program, program.parts.front());
}

PartMemory ring_memory(Framework framework, std::int64_t ring) {
  const FrameworkTraits& traits = traits_of(framework);
  return memory_of(
      ring, [&](ProgramBuilder& builder, const HeadBlock& block, const QueryKeyValue& inputs) {
        return RingAttention(builder, block, inputs,
                             {ring, ring - 1, RingOrder::kZigzag, traits.ring}, false);
      });
}

// q, k, v, o, LSE: 2 (2 N_q + 2 N_k) + 4 T a bytes.
TEST(BlockMemory, LocalAttentionSavesFlashAttentionsFive) {
  const PartMemory memory = memory_of(
      1, [](ProgramBuilder& builder, const HeadBlock& block, const QueryKeyValue& inputs) {
        return LocalAttention(builder, block, inputs, false);
      });
  EXPECT_EQ(memory.saved.value(), 2 * (2 * kQuery + 2 * kKv) + kLse);
  EXPECT_EQ(memory.forward.bytes, memory.saved);
  // Backward: the saved, dO, dQ, dK, dV, fp32 dQ (4 N_q), fp32 dK, dV (8 N_k) and two fp32 numbers
  // of each row at once.
  EXPECT_EQ(memory.backward.bytes.value(), memory.saved.value() + 2 * kQuery + 2 * kQuery +
                                               4 * kKv + 4 * kQuery + 8 * kKv + 2 * kLse);
}

// TransformerEngine holds all r KV buffers and all r partial outputs until it has merged them: the
// transient is O(s), not O(s/r). At the merge: q, r U, r partial outputs, LSE, o.
TEST(BlockMemory, TransformerEngineRingHoldsEveryHop) {
  for (const std::int64_t r : {2, 3, 4, 8, 16, 64}) {
    const PartMemory memory = ring_memory(Framework::kMegatron, r);
    EXPECT_EQ(memory.forward.bytes.value(),
              2 * kQuery + r * kU + r * (2 * kQuery + kLse) + kLse + 2 * kQuery)
        << "r = " << r;
    // Saved: q, the last received KV, o, LSE.
    EXPECT_EQ(memory.saved.value(), 4 * kQuery + kU + kLse);
  }
}

// ring-flash-attention: own KV, the arrived and the arriving one, the fp32 accumulator, a bf16
// step with its LSE: the same for every ring of 3 or more.
TEST(BlockMemory, RingFlashAttentionHoldsTwoHops) {
  for (const std::int64_t r : {3, 4, 8, 16, 64}) {
    const PartMemory memory = ring_memory(Framework::kYunchang, r);
    EXPECT_EQ(memory.forward.bytes.value(),
              2 * kQuery + 3 * kU + 4 * kQuery + 2 * kQuery + 2 * kLse)
        << "r = " << r;
    EXPECT_EQ(memory.saved.value(), 4 * kQuery + kU + kLse);
  }
}

// TransformerEngine's backward: two buffers of KV and dK/dV each, whatever the ring. At the last
// step's attention, on all rows: saved (q, last KV, o, LSE), dO, KV at hand, dKV under way to the
// predecessor and arriving (3 U), the running dQ, the step's dQ and dK/dV (U), and the kernel's
// fp32 scratch (4 N_q + 8 N_k, two numbers of each row). The steps before have KV arriving too (U
// more), but work on half of the keys: U/2 and 4 N_k = U less. They need U/2 less in all.
TEST(BlockMemory, TransformerEngineRingBackward) {
  for (const std::int64_t r : {4, 8, 64}) {
    const PartMemory memory = ring_memory(Framework::kMegatron, r);
    // The last received KV has had its turn in step 0 and is gone.
    const std::int64_t saved = memory.saved.value() - kU;
    EXPECT_EQ(memory.backward.bytes.value(), saved + 2 * kQuery + 3 * kU + 2 * kQuery +
                                                 (2 * kQuery + kU) + 4 * kQuery + 8 * kKv +
                                                 2 * kLse)
        << "r = " << r;
  }
}

// What is alive at the peak adds up to the peak, loops and all.
TEST(BlockMemory, LiveTensorsAddUpToThePeak) {
  const Job job = tests::make_job("Llama-3-8B", Framework::kMegatron, 1, 131072, 8);
  for (const char* layout : {"ring=8", "ulysses=2,ring=4,recompute=full", "tp=2,ring=4",
                             "ring=8,kv_exchange=all_gather", "dp=8,sharding=parameters"}) {
    const Program program = tests::program_of(job, layout);
    for (const Part& part : program.parts) {
      BlockMemoryReader reader;
      const PartMemory memory = reader.read(program, part);
      for (const bool backward : {false, true}) {
        std::int64_t sum = 0;
        for (const LiveTensor& live : reader.live_at_peak(program, part, backward)) {
          sum += live.copies * program.tensor(live.id).bytes.value();
        }
        EXPECT_EQ(sum, (backward ? memory.backward : memory.forward).bytes.value())
            << layout << ", " << part.name << (backward ? " backward" : " forward");
      }
    }
  }
}

// Nothing that backward needs is missing: every activation that it reads first was written by
// forward.
TEST(BlockMemory, BackwardReadsOnlyWhatForwardLeft) {
  for (const Framework framework : {Framework::kMegatron, Framework::kDeepSpeed,
                                    Framework::kYunchang, Framework::kTorchTitan}) {
    for (const char* model : {"Llama-3-8B", "Qwen3-235B-A22B"}) {
      const Job job = tests::make_job(model, framework, 1, 131072, 8);
      for (const char* layout : {"tp=1", "ulysses=4", "ring=8", "ring=4,recompute=full",
                                 "ring=8,kv_exchange=all_gather", "tp=2,ep=2", "pp=2"}) {
        const Program program = tests::program_of(job, layout);
        for (const Part& part : program.parts) {
          BlockMemoryReader reader;
          std::vector<bool> known(program.tensors.size(), false);
          for (const TensorId id : reader.saved_tensors(program, part)) known[index_of(id)] = true;
          const Block& backward = program.blocks[part.backward];
          for (const TensorId id : backward.inputs) known[index_of(id)] = true;
          for (std::size_t i = 0; i < backward.op_count; ++i) {
            const Op& op = program.ops[backward.first_op + i];
            for (const TensorId id : op.reads) {
              const Tensor& tensor = program.tensor(id);
              EXPECT_TRUE(known[index_of(id)] || tensor.role != Role::kActivation ||
                          tensor.bytes.value() == 0)
                  << name_of(framework) << " " << model << " " << layout << ": " << op.name
                  << " reads " << tensor.name;
            }
            for (const TensorId id : op.writes) known[index_of(id)] = true;
            // A carry makes `to` known once `from` is.
            for (const Loop& loop : program.loops) {
              for (std::size_t c = 0; c < loop.carry_count; ++c) {
                if (known[index_of(loop.carries[c].from)]) {
                  known[index_of(loop.carries[c].to)] = true;
                }
              }
            }
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace seqspan::sim
