// Every export of many legal layouts keeps the rules of its framework, as readers that know nothing
// of the exporters hold it to them, and says the layout that was exported.
#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "planner/export/exported.hpp"
#include "planner/space.hpp"
#include "sim/layout/legality.hpp"
#include "sim/layout/resolve.hpp"
#include "sim/spec/layer_facts.hpp"
#include "sim/spec/layout_text.hpp"
#include "tests/support/job.hpp"
#include "tests/unit/planner/export_check/checked.hpp"

namespace seqspan::planner {
namespace {

using export_check::Checked;
using export_check::JobFacts;
using sim::Framework;

// Holds every `step`th legal layout; returns how many exports were checked.
std::size_t hold(const sim::Job& job, ExportTarget target,
                 const std::function<Checked(std::string_view, const JobFacts&)>& check,
                 std::int64_t step) {
  const sim::Tower& tower = job.model.towers.front();
  const JobFacts facts{job.training.sequence_length, tower.layer_count(),
                       sim::heads_of(tower.kinds.front().attention).query};
  std::int64_t legal = 0;
  std::size_t count = 0;
  Space(job).for_each([&](const sim::Layout& layout) {
    if (sim::broken_rule(job, layout) || legal++ % step != 0) return;
    const auto exported = export_layout(job, layout, target);
    if (!exported) return;  // what it has no words for: tests of the refusals name them
    ++count;
    const Checked checked = check(exported->text, facts);
    for (const std::string& rule : checked.broken) {
      ADD_FAILURE() << sim::to_string(layout) << ": " << rule << "\n" << exported->text;
    }
    EXPECT_EQ(checked.world, layout.world()) << exported->text;
    EXPECT_EQ(checked.global_batch_size, job.training.global_batch_size) << exported->text;
    const auto choice = sim::parse_layout(checked.layout);
    ASSERT_TRUE(choice) << checked.layout << choice.error().what;
    EXPECT_EQ(sim::to_string(sim::resolve(job, *choice)), sim::to_string(layout));
  });
  return count;
}

TEST(ExportCheck, MegatronKeepsItsRules) {
  for (const char* model : {"Llama-3-8B", "Qwen3-30B-A3B"}) {
    sim::Job job = tests::make_job(model, Framework::kMegatron, 2, 32768, 64);
    EXPECT_GT(hold(job, ExportTarget::kMegatron, export_check::check_megatron, 47), 100U);
    job.training.overlap_tensor_parallel = true;
    job.training.overlap_gradient_reduction = false;
    job.training.overlap_parameter_gather = false;
    EXPECT_GT(hold(job, ExportTarget::kMegatron, export_check::check_megatron, 101), 50U);
  }
}

// 126 layers over stages that do not divide them, and over 4 x 8 with embedding and loss counted.
TEST(ExportCheck, MegatronKeepsItsRulesWithUnevenStages) {
  const sim::Job job = tests::make_job("Llama-3.1-405B", Framework::kMegatron, 20, 8192, 640);
  EXPECT_GT(hold(job, ExportTarget::kMegatron, export_check::check_megatron, 211), 50U);
}

TEST(ExportCheck, DeepSpeedKeepsItsRules) {
  for (const std::int64_t nodes : {1, 3}) {
    const sim::Job job = tests::make_job("Llama-3-8B", Framework::kDeepSpeed, nodes, 65536, 96);
    EXPECT_GT(hold(job, ExportTarget::kDeepSpeed, export_check::check_deepspeed, 1), 50U);
  }
}

TEST(ExportCheck, AccelerateKeepsItsRules) {
  const sim::Job ulysses = tests::make_job("Llama-3-8B", Framework::kDeepSpeed, 2, 65536, 64);
  EXPECT_GT(hold(ulysses, ExportTarget::kAccelerate, export_check::check_accelerate, 1), 50U);
  const sim::Job ring = tests::make_job("Llama-3-8B", Framework::kTorchTitan, 2, 65536, 64);
  EXPECT_GT(hold(ring, ExportTarget::kAccelerate, export_check::check_accelerate, 1), 20U);
}

TEST(ExportCheck, TorchTitanKeepsItsRules) {
  for (const char* model : {"Llama-3-8B", "Qwen3-30B-A3B"}) {
    const sim::Job job = tests::make_job(model, Framework::kTorchTitan, 2, 65536, 64);
    EXPECT_GT(hold(job, ExportTarget::kTorchTitan, export_check::check_torchtitan, 3), 100U);
  }
}

TEST(ExportCheck, VerlKeepsItsRules) {
  const sim::Job fsdp = tests::make_job("Llama-3-8B", Framework::kDeepSpeed, 2, 65536, 64);
  EXPECT_GT(hold(fsdp, ExportTarget::kVerl, export_check::check_verl, 1), 10U);
  for (const char* model : {"Llama-3-8B", "Qwen3-30B-A3B"}) {
    const sim::Job megatron = tests::make_job(model, Framework::kMegatron, 2, 65536, 64);
    EXPECT_GT(hold(megatron, ExportTarget::kVerl, export_check::check_verl, 31), 50U);
  }
}

// A checker that finds nothing wrong in wrong text would prove nothing.
TEST(ExportCheck, CheckersFindWhatIsWrong) {
  const JobFacts job{65536, 32, 32};
  const auto broken = [](const Checked& checked) { return !checked.broken.empty(); };
  const sim::Job megatron = tests::make_job("Llama-3-8B", Framework::kMegatron, 1, 65536, 32);
  const sim::Job deepspeed = tests::make_job("Llama-3-8B", Framework::kDeepSpeed, 1, 65536, 32);
  const auto wrong = [&](const sim::Job& of, const char* layout, ExportTarget target,
                         const std::string& from, const std::string& to) {
    std::string text = export_layout(of, tests::layout_of(of, layout), target)->text;
    EXPECT_NE(text.find(from), std::string::npos) << from << "\n" << text;
    return text.replace(text.find(from), from.size(), to);
  };
  const char* both = "tp=2,ulysses=2,ring=2,recompute=full";
  for (const auto& [from, to] : std::map<std::string, std::string>{
           {"p2p\n", "p2p\n  --tp-comm-overlap-off\n  --data-parallel-sharding-strategy optim\n"},
           {"sizes 2 2", "sizes 4 2"},
           {"  --hierarchical-context-parallel-sizes 2 2\n", ""},
           {"a2a+p2p", "allgather"},
           {"  --sequence-parallel\n", "  --tp-comm-overlap\n"},
           {"export CUDA_DEVICE_MAX_CONNECTIONS=1\n", ""},
           {"granularity full", "granularity selective"},
           {"seq-length 65536", "seq-length 65528"}}) {
    EXPECT_TRUE(broken(export_check::check_megatron(
        wrong(megatron, both, ExportTarget::kMegatron, from, to), job)))
        << from;
  }
  for (const auto& [from, to] :
       std::map<std::string, std::string>{{"\"stage\": 3", "\"stage\": 4"},
                                          {"{\"stage", "{stage"},
                                          {"\"sequence_parallel_size\": 4", "\"sp_size\": 4"},
                                          {"flash_attention_2", "eager"}}) {
    EXPECT_TRUE(broken(export_check::check_deepspeed(
        wrong(deepspeed, "ulysses=4", ExportTarget::kDeepSpeed, from, to), job)))
        << from;
  }
  for (const auto& [from, to] :
       std::map<std::string, std::string>{{"CP_SIZE=1", "CP_SIZE=2"},
                                          {"DP_SHARD_SIZE=2", "DP_SHARD_SIZE=8"},
                                          {"export ACCELERATE_USE_PARALLELISM_CONFIG=true\n", ""},
                                          {"flash_attention_2", "eager"}}) {
    EXPECT_TRUE(broken(export_check::check_accelerate(
        wrong(deepspeed, "ulysses=4", ExportTarget::kAccelerate, from, to), job)))
        << from;
  }
  for (const auto& [from, to] :
       std::map<std::string, std::string>{{"use_remove_padding=True", "use_remove_padding=False"},
                                          {"parallel_size=4", "parallel_size=3"},
                                          {"mini_batch_size=32", "mini_batch_size=1"}}) {
    EXPECT_TRUE(broken(export_check::check_verl(
        wrong(deepspeed, "ulysses=4", ExportTarget::kVerl, from, to), job)))
        << from;
  }
}

// What used to be dropped without a word.
TEST(ExportCheck, WhatATargetCannotSayIsRefused) {
  const auto refused = [](const char* model, Framework framework, const char* layout,
                          ExportTarget target) {
    const sim::Job job = tests::make_job(model, framework, 2, 65536, 64);
    const auto result = export_layout(job, tests::layout_of(job, layout), target);
    return result ? "exported" : result.error().what;
  };
  const char* const llama = "Llama-3-8B";
  EXPECT_EQ(
      refused(llama, Framework::kMegatron, "ring=2,kv_exchange=all_gather", ExportTarget::kVerl),
      "verl has no words for an all-gather of keys and values");
  EXPECT_EQ(refused(llama, Framework::kMegatron, "sharding=parameters", ExportTarget::kVerl),
            "verl has no words for Megatron-FSDP");
  EXPECT_EQ(refused(llama, Framework::kDeepSpeed, "sharding=optimizer", ExportTarget::kVerl),
            "verl has no words for parameters that are not sharded");
  EXPECT_EQ(refused(llama, Framework::kDeepSpeed, "ulysses=8,ulysses_in_node=4",
                    ExportTarget::kDeepSpeed),
            "deepspeed has no words for ulysses_in_node");
  EXPECT_EQ(refused(llama, Framework::kMegatron, "loss_chunks=4", ExportTarget::kMegatron),
            "megatron has no words for loss_chunks");
  sim::Job job = tests::make_job(llama, Framework::kMegatron, 2, 65536, 64);
  job.training.overlap_gradient_reduction = false;
  const auto gathers = export_layout(job, tests::layout_of(job, "tp=2"), ExportTarget::kMegatron);
  ASSERT_FALSE(gathers);
  EXPECT_EQ(gathers.error().what,
            "megatron has no words for gathers that overlap where reductions do not");
}

}  // namespace
}  // namespace seqspan::planner
