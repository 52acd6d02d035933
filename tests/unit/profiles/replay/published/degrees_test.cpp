// GPUs, degrees and batches: what follows from what.
#include "profiles/replay/published/degrees.hpp"

#include <gtest/gtest.h>

namespace seqspan::profiles::published {
namespace {

SoftwareChoice ring() {
  SoftwareChoice software;
  software.framework = "megatron";
  software.context_parallel = "ring";
  return software;
}

Degrees found(const RowFacts& row, const SoftwareChoice& software = ring()) {
  std::vector<std::string> assumptions;
  const auto degrees = degrees_of(row, software, 8, assumptions);
  EXPECT_TRUE(degrees) << degrees.error().what;
  return degrees.value_or(Degrees{});
}

std::string refused(const RowFacts& row) {
  std::vector<std::string> assumptions;
  const auto degrees = degrees_of(row, ring(), 8, assumptions);
  return degrees ? "accepted" : degrees.error().what;
}

TEST(PublishedDegrees, DpFollowsFromGpus) {
  RowFacts row;
  row.job.gpus = {64};
  row.layout.tp = 4;
  row.layout.cp = 2;
  EXPECT_EQ(found(row).dp, 8);  // 64 / (4 x 2)
  EXPECT_EQ(found(row).ring, 2);
  SoftwareChoice ulysses = ring();
  ulysses.context_parallel = "ulysses";
  EXPECT_EQ(found(row, ulysses).ulysses, 2);
  EXPECT_EQ(found(row, ulysses).ring, 1);
  ulysses.context_parallel = "all_gather";
  EXPECT_EQ(found(row, ulysses).kv_exchange, "all_gather");
}

TEST(PublishedDegrees, GpusFollowFromDegreesOrFromTheBatch) {
  RowFacts row;
  row.layout.tp = 2;
  row.layout.dp = 16;
  EXPECT_EQ(found(row).gpus, 32);
  row.layout.dp.reset();
  row.job.global_batch_size = 24;  // 24 / (1 x 3) = 8 replicas
  row.job.micro_batch_size = 1;
  row.job.micro_batches = 3;
  EXPECT_EQ(found(row).gpus, 16);
  EXPECT_EQ(found({}).gpus, 8) << "one node";
}

// torchtitan's dp_shard is without cp; others count it in.
TEST(PublishedDegrees, FsdpWithAndWithoutContextParallelism) {
  RowFacts row;
  row.job.gpus = {8};
  row.layout.cp = 2;
  row.layout.fsdp = 4;
  EXPECT_EQ(found(row).dp, 4);
  row.layout.fsdp = 8;
  EXPECT_EQ(found(row).dp, 4);
  row.layout.fsdp = 2;
  EXPECT_EQ(refused(row), "tp x pp x cp x dp is 2 x 2, but the row is of 8 GPUs");
}

TEST(PublishedDegrees, RefusesWhatContradictsItself) {
  RowFacts row;
  row.job.gpus = {8};
  row.layout.tp = 3;
  EXPECT_EQ(refused(row), "tp x pp x cp is 3, of which 8 GPUs are no multiple");
  row.layout.tp = 2;
  row.layout.dp = 2;
  EXPECT_EQ(refused(row), "tp x pp x cp x dp is 2 x 2, but the row is of 8 GPUs");
  row.layout.dp = 1;
  row.layout.cp = 4;
  row.layout.ulysses = 2;
  EXPECT_EQ(refused(row), "cp is 4, but ulysses x ring is 2");
  row.layout = {};
  row.layout.tp = row.layout.pp = row.layout.ulysses = 1 << 20;
  EXPECT_EQ(refused(row), "its degrees and batch multiply to more than 2^40");
}

Batch batch(const RowFacts& row, std::int64_t dp) {
  std::vector<std::string> assumptions;
  const auto found = batch_of(row, dp, assumptions);
  EXPECT_TRUE(found) << found.error().what;
  return found.value_or(Batch{});
}

TEST(PublishedDegrees, Batches) {
  RowFacts row;
  row.job.micro_batch_size = 2;
  row.job.micro_batches = 4;
  EXPECT_EQ(batch(row, 8).global, 64);  // 2 x 4 x 8
  EXPECT_EQ(batch(row, 8).micro, 2);
  row = {};
  row.job.local_batch = 1;
  EXPECT_EQ(batch(row, 4).global, 4);
  row.job.local_batch = 2;
  EXPECT_EQ(batch(row, 4).micro, 2) << "a GPU's batch goes through at once";
  row.layout.pp = 2;
  EXPECT_EQ(batch(row, 4).micro, 1) << "but for a pipeline";
  row = {};
  row.job.global_batch_size = 16;
  EXPECT_EQ(batch(row, 2).micro, 1) << "one sequence where nothing is said";
  row.job.gradient_accumulation = "none: every sample is in flight at once";
  EXPECT_EQ(batch(row, 2).micro, 8);  // 16 / 2
  EXPECT_TRUE(batch(row, 2).whole);
  EXPECT_FALSE(batch(row, 16).whole) << "one sequence is no more than a micro-batch";
  std::vector<std::string> assumptions;
  EXPECT_EQ(batch_of(row, 3, assumptions).error().what, "16 sequences are no multiple of dp 3");
  EXPECT_EQ(batch_of({}, 1, assumptions).error().what,
            "the row does not say how many sequences a step has");
}

}  // namespace
}  // namespace seqspan::profiles::published
