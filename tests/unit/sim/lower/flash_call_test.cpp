#include "sim/lower/attention/flash_call.hpp"

#include <gtest/gtest.h>

#include <string_view>

#include "tests/support/job.hpp"

namespace seqspan::sim {
namespace {

// 65,536 tokens over 8 ranks; Llama-3-8B has 32 heads, 8 KV heads, d = 128. A call of a ring has
// 8,192 query rows of all heads, that of Ulysses all rows of 4 heads and of one KV head: as many
// numbers.
constexpr std::int64_t kQuery = std::int64_t{8192} * 32 * 128 * 2;
constexpr std::int64_t kKeysAndValues = std::int64_t{8192} * 8 * 2 * 128 * 2;
constexpr std::int64_t kLogSumExp = std::int64_t{8192} * 32 * 4;

Program program_of(Framework framework, const char* layout, bool unpads) {
  Job job = tests::make_job("Llama-3-8B", framework, 1, 65536, 1);
  job.training.scope = TrainingScope::kAttention;
  job.training.mask = AttentionMask::kFull;
  job.training.unpads_attention = unpads;
  return tests::program_of(job, layout);
}

std::int64_t moved(const Program& program, BlockIndex block, std::string_view name) {
  std::int64_t bytes = 0;
  tests::for_each_op(program, program.blocks[block], [&](const Op& op, std::int64_t times) {
    const auto* pass = std::get_if<MemoryPass>(&op.work);
    if (pass != nullptr && op.name == name) bytes += times * pass->bytes.value();
  });
  return bytes;
}

// Inputs are read and written, results zeroed, read and written: once for each call, and a ring of
// r makes r calls.
TEST(FlashCall, MovesRowsForEachCall) {
  struct Case {
    Framework framework;
    const char* layout;
    std::int64_t calls;
  };
  for (const Case& c :
       {Case{Framework::kDeepSpeed, "ulysses=8", 1}, Case{Framework::kYunchang, "ulysses=8", 1},
        Case{Framework::kMegatron, "ring=8", 8}, Case{Framework::kYunchang, "ring=8", 8},
        Case{Framework::kMegatron, "ulysses=2,ring=4", 4}}) {
    const Program program = program_of(c.framework, c.layout, true);
    const Part& part = program.parts.front();
    EXPECT_EQ(moved(program, part.forward, "gather rows"), c.calls * 2 * (kQuery + kKeysAndValues))
        << c.layout;
    EXPECT_EQ(moved(program, part.forward, "scatter rows"), c.calls * 3 * (kQuery + kLogSumExp))
        << c.layout;
    // Output and its gradient are as large as the queries.
    EXPECT_EQ(moved(program, part.backward, "gather rows"),
              c.calls * 2 * (3 * kQuery + kKeysAndValues + kLogSumExp))
        << c.layout;
    EXPECT_EQ(moved(program, part.backward, "scatter rows"),
              c.calls * 3 * (kQuery + kKeysAndValues))
        << c.layout;
  }
}

TEST(FlashCall, MovesNothingUnlessAskedTo) {
  for (const char* layout : {"ulysses=8", "ring=8", "ring=8,kv_exchange=all_gather"}) {
    const Program program = program_of(Framework::kMegatron, layout, false);
    const Part& part = program.parts.front();
    for (const BlockIndex block : {part.forward, part.backward}) {
      EXPECT_EQ(moved(program, block, "gather rows"), 0);
      EXPECT_EQ(moved(program, block, "scatter rows"), 0);
    }
  }
}

}  // namespace
}  // namespace seqspan::sim
