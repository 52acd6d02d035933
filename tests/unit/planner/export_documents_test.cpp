// Rows packed of documents in the frameworks' words, and back.
#include <gtest/gtest.h>

#include <algorithm>

#include "planner/export/exported.hpp"
#include "planner/export/imported.hpp"
#include "planner/space.hpp"
#include "sim/layout/legality.hpp"
#include "sim/layout/resolve.hpp"
#include "sim/spec/layout_text.hpp"
#include "tests/support/job.hpp"
#include "tests/unit/planner/export_check/checked.hpp"

namespace seqspan::planner {
namespace {

using sim::DocumentGroups;
using sim::Framework;

sim::Job job_of(Framework framework, DocumentGroups groups = DocumentGroups::kFixed) {
  sim::Job job = tests::make_job("Llama-3-8B", framework, 1, 65536, 32);
  job.training.documents.emplace().lengths = sim::LognormalLengths{4096, 1.5};
  job.training.documents->context_parallel = groups;
  return job;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// What is refused, or "" where it is exported.
std::string refused(const sim::Job& job, const char* layout, ExportTarget target) {
  const auto result = export_layout(job, tests::layout_of(job, layout), target);
  return result ? "" : result.error().what;
}

// 65,536 tokens over rings of 4: 16,384 for each rank.
TEST(ExportDocuments, GroupsOfEachDocumentAreHybridContextParallel) {
  const sim::Job job = job_of(Framework::kMegatron, DocumentGroups::kPerDocument);
  const auto result = export_layout(job, tests::layout_of(job, "ring=4"), ExportTarget::kMegatron);
  ASSERT_TRUE(result) << result.error().what;
  for (const char* line : {"--hybrid-context-parallel\n", "--max-seqlen-per-dp-cp-rank 16384\n",
                           "--calculate-per-token-loss\n", "--dataloader-type single\n"}) {
    EXPECT_TRUE(has(result->text, line)) << line << result->text;
  }
  EXPECT_TRUE(has(result->warnings.back(), "samples of the dataset must be documents"));
}

TEST(ExportDocuments, GroupsOfEachDocumentComeBackAndKeepTheRules) {
  const sim::Job job = job_of(Framework::kMegatron, DocumentGroups::kPerDocument);
  std::size_t count = 0;
  Space(job).for_each([&](const sim::Layout& layout) {
    if (sim::broken_rule(job, layout)) return;
    const auto result = export_layout(job, layout, ExportTarget::kMegatron);
    ASSERT_TRUE(result) << sim::to_string(layout) << ": " << result.error().what;
    ++count;
    for (const std::string& rule :
         export_check::check_megatron(result->text, {65536, 32, 32}).broken) {
      ADD_FAILURE() << rule << "\n" << result->text;
    }
    const auto imported = import_any(result->text, "run.sh");
    ASSERT_TRUE(imported) << imported.error().what << result->text;
    EXPECT_EQ(sim::to_string(sim::resolve(job, sim::parse_layout(imported->layout).value())),
              sim::to_string(layout));
    EXPECT_EQ(std::count(imported->settings.begin(), imported->settings.end(),
                         "training.documents.context_parallel=per_document"),
              1);
  });
  EXPECT_GT(count, 10U);
}

TEST(ExportDocuments, PackedRowsAreTheSftDataset) {
  const sim::Job job = job_of(Framework::kMegatron);
  const auto result =
      export_layout(job, tests::layout_of(job, "ulysses=2,ring=2"), ExportTarget::kMegatron);
  ASSERT_TRUE(result) << result.error().what;
  EXPECT_TRUE(has(result->text, "--sft\n")) << result->text;
  EXPECT_TRUE(has(result->text, "--no-create-attention-mask-in-dataloader\n"));
  EXPECT_FALSE(has(result->text, "hybrid-context-parallel\n"));
  const auto imported = import_any(result->text, "run.sh");
  ASSERT_TRUE(imported);
  EXPECT_TRUE(has(imported->warnings.back(), "(--sft): rows may be packed"));
}

TEST(ExportDocuments, WhatATargetCannotSayIsRefused) {
  const sim::Job megatron = job_of(Framework::kMegatron);
  EXPECT_EQ(refused(megatron, "ring=2,micro_batch=2", ExportTarget::kMegatron),
            "megatron has no words for packed rows in micro-batches of several");
  sim::Job whole = megatron;
  whole.training.documents->split = sim::DocumentSplit::kWholeRow;
  EXPECT_EQ(refused(whole, "ring=2", ExportTarget::kMegatron),
            "megatron has no words for rings that deal the row");
  EXPECT_EQ(refused(whole, "ulysses=2", ExportTarget::kMegatron), "") << "every rank has the row";
  sim::Job sorted = megatron;
  sorted.training.documents->assignment = sim::Assignment::kSorted;
  EXPECT_EQ(refused(sorted, "ring=2", ExportTarget::kMegatron),
            "megatron has no words for training.documents.assignment=sorted");
  EXPECT_EQ(refused(megatron, "ring=2", ExportTarget::kVerl), "verl has no words for documents");
  const sim::Job titan = job_of(Framework::kTorchTitan);
  EXPECT_EQ(refused(titan, "ring=2", ExportTarget::kTorchTitan),
            "torchtitan has no words for documents");
  EXPECT_EQ(refused(titan, "ring=2", ExportTarget::kAccelerate),
            "accelerate has no words for documents in a ring");
  const sim::Job deepspeed = job_of(Framework::kDeepSpeed);
  const auto result =
      export_layout(deepspeed, tests::layout_of(deepspeed, "ulysses=4"), ExportTarget::kDeepSpeed);
  ASSERT_TRUE(result) << result.error().what;
  EXPECT_TRUE(has(result->warnings.back(), "position_ids begin at 0 in each document"));
}

// validate_args: no pipeline, no Megatron-FSDP, the single loader, the loss per token.
TEST(ImportDocuments, WhatMegatronAssertsIsRefusedWithItsPlace) {
  const std::string good =
      "--context-parallel-size 4 --seq-length 65536\n--hybrid-context-parallel "
      "--max-seqlen-per-dp-cp-rank 16384 --calculate-per-token-loss\n";
  const auto read = [](const std::string& text) { return import_megatron(text, "run.sh"); };
  const auto imported = read(good);
  ASSERT_TRUE(imported) << imported.error().what;
  EXPECT_TRUE(has(imported->warnings.back(), "run.sh:2 (--hybrid-context-parallel): add how long"));
  const char* const hybrid = "run.sh:2 (--hybrid-context-parallel)";
  EXPECT_EQ(read(good + "--pipeline-model-parallel-size 2").error().where, hybrid);
  EXPECT_EQ(read(good + "--use-megatron-fsdp").error().where, hybrid);
  EXPECT_EQ(read(good + "--dataloader-type cyclic").error().where, "run.sh:3 (--dataloader-type)");
  const auto without = [&](const std::string& flag) {
    std::string text = good;
    return text.erase(text.find(flag), flag.size());
  };
  EXPECT_EQ(read(without("--calculate-per-token-loss")).error().where, hybrid);
  EXPECT_EQ(read(without("--max-seqlen-per-dp-cp-rank 16384")).error().where, hybrid);
  EXPECT_EQ(read(good + "--max-seqlen-per-dp-cp-rank 4096").error().where,
            "run.sh:3 (--max-seqlen-per-dp-cp-rank)");
}

}  // namespace
}  // namespace seqspan::planner
