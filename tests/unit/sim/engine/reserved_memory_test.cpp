#include "sim/engine/reserved_memory.hpp"

#include <gtest/gtest.h>

#include "sim/engine/step_memory.hpp"
#include "tests/support/job.hpp"

namespace seqspan::sim {
namespace {

struct Walked {
  Framework framework;
  const char* layout;
};

const std::vector<Walked>& cases() {
  static const std::vector<Walked> all = {
      {Framework::kMegatron, "tp=2,ring=4"},
      {Framework::kMegatron, "tp=2,pp=4,recompute=full"},
      {Framework::kMegatron, "pp=4,vpp=2,tp=2"},
      {Framework::kDeepSpeed, "ulysses=8,recompute=full"},
      {Framework::kYunchang, "ulysses=2,ring=4"},
      {Framework::kTorchTitan, "ring=8,recompute=full"},
      {Framework::kTorchTitan, "dp=8,recompute=selective"},
      {Framework::kTorchTitan, "tp=2,pp=2,dp=2,recompute=full"},
  };
  return all;
}

Job job_of(const Walked& of) { return tests::make_job("Llama-3-8B", of.framework, 1, 8192, 32); }

// Where all gradients stand, what is in use at the peak is what step_memory.hpp says, up to 512 B
// of each tensor: 200 tensors of a layer, 32 layers and 8 micro-batches are 26 MB.
TEST(ReservedMemory, AllocatesWhatTheMemoryReaderSays) {
  for (const Walked& of : cases()) {
    if (of.framework == Framework::kTorchTitan) continue;
    const Program program = tests::program_of(job_of(of), of.layout);
    StepMemoryReader reader;
    reader.begin(program, Bytes(0), Bytes(0));
    for (const StageClass& stage : program.stages) {
      const ReservedMemory walked =
          reserved_by_stage(program, stage, SegmentKind::kExpandable, std::nullopt);
      const Bytes peak = reader.stage(stage.first_stage).peak;
      EXPECT_NEAR(static_cast<double>(walked.allocated.value()), static_cast<double>(peak.value()),
                  26e6)
          << name_of(of.framework) << " " << of.layout << ", stage " << stage.first_stage;
    }
  }
}

TEST(ReservedMemory, ReservesAtLeastWhatIsAllocated) {
  for (const Walked& of : cases()) {
    const Program program = tests::program_of(job_of(of), of.layout);
    for (const SegmentKind kind : {SegmentKind::kFixed, SegmentKind::kExpandable}) {
      const ReservedMemory walked = reserved_memory(program, kind, std::nullopt);
      EXPECT_GE(walked.reserved, walked.allocated) << name_of(of.framework) << " " << of.layout;
      EXPECT_FALSE(walked.out_of_memory);
    }
  }
}

// The first step leaves gaps for the second; one more finds everything as the second did.
TEST(ReservedMemory, AThirdStepReservesNoMore) {
  for (const Walked& of : cases()) {
    const Program program = tests::program_of(job_of(of), of.layout);
    for (const SegmentKind kind : {SegmentKind::kFixed, SegmentKind::kExpandable}) {
      for (const StageClass& stage : program.stages) {
        const auto after = [&](std::int64_t steps) {
          return reserved_by_stage(program, stage, kind, std::nullopt, steps).reserved;
        };
        EXPECT_EQ(after(3), after(2)) << name_of(of.framework) << " " << of.layout;
      }
    }
  }
}

// All 32 or, of interleaved 1F1B, 16 micro-batches against 4 p of them: the same, or where chunks
// take turns less than 1 % more.
TEST(ReservedMemory, MicroBatchesOfTheSteadyStateReserveLittleMore) {
  for (const Walked& of : cases()) {
    const Program program = tests::program_of(job_of(of), of.layout);
    for (const SegmentKind kind : {SegmentKind::kFixed, SegmentKind::kExpandable}) {
      for (const StageClass& stage : program.stages) {
        const auto reserved = [&](std::int64_t micro_batches) {
          return reserved_by_stage(program, stage, kind, std::nullopt, 2, micro_batches).reserved;
        };
        const double ratio =
            reserved(program.micro_batches) / reserved(4 * program.pipeline_stages);
        EXPECT_GE(ratio, 1) << name_of(of.framework) << " " << of.layout;
        EXPECT_LT(ratio, program.chunks_per_stage > 1 ? 1.01 : 1 + 1e-12)
            << name_of(of.framework) << " " << of.layout;
      }
    }
  }
}

// Under a limit below what it takes, either cached segments are given back and it goes on, or it is
// out of memory and says what it would be.
TEST(ReservedMemory, ALimitIsKeptOrMissed) {
  const Walked of{Framework::kTorchTitan, "ring=8,recompute=full"};
  const Program program = tests::program_of(job_of(of), of.layout);
  const ReservedMemory free = reserved_memory(program, SegmentKind::kFixed, std::nullopt);
  const ReservedMemory enough = reserved_memory(program, SegmentKind::kFixed, free.reserved);
  EXPECT_EQ(enough.reserved, free.reserved);
  EXPECT_EQ(enough.times_returned, 0);
  const ReservedMemory little =
      reserved_memory(program, SegmentKind::kFixed, free.allocated - Bytes(kMebi));
  EXPECT_TRUE(little.out_of_memory);
  EXPECT_EQ(little.reserved, free.reserved);
}

}  // namespace
}  // namespace seqspan::sim
