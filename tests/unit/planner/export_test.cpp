// Layouts in the frameworks' words, and back.
#include "planner/export/exported.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "planner/export/imported.hpp"
#include "planner/space.hpp"
#include "sim/layout/legality.hpp"
#include "sim/layout/resolve.hpp"
#include "sim/spec/layout_text.hpp"
#include "tests/support/job.hpp"

namespace seqspan::planner {
namespace {

using sim::Framework;

bool has(const std::string& text, const std::string& line) {
  return text.find(line) != std::string::npos;
}

sim::Job job_of(const char* model, Framework framework, std::int64_t nodes = 1) {
  return tests::make_job(model, framework, nodes, 65536, 32);
}

std::string exported(const sim::Job& job, const std::string& layout, ExportTarget target) {
  const auto result = export_layout(job, tests::layout_of(job, layout), target);
  EXPECT_TRUE(result) << result.error().what << ": " << result.error().why;
  return result ? result->text : "";
}

// What the text says about the job and the layout, read back and resolved.
sim::Layout read_back(const sim::Job& job, const std::string& text) {
  const auto imported = import_any(text, "test");
  EXPECT_TRUE(imported) << imported.error().what << "\n" << text;
  if (!imported) return {};
  EXPECT_EQ(imported->framework, job.framework);
  EXPECT_TRUE(has(imported->settings.empty() ? "" : imported->settings.front(),
                  "training.sequence_length=65536"));
  return sim::resolve(job, sim::parse_layout(imported->layout).value());
}

// Every legal layout that the planner enumerates for a dense and a mixture-of-experts job comes
// back as it was.
TEST(Export, MegatronComesBack) {
  for (const char* model : {"Llama-3-8B", "Qwen3-30B-A3B"}) {
    const sim::Job job = job_of(model, Framework::kMegatron);
    std::int64_t count = 0;
    std::set<std::string> ways;
    Space(job).for_each([&](const sim::Layout& layout) {
      if (sim::broken_rule(job, layout) || ++count % 97 != 0) return;
      const auto result = export_layout(job, layout, ExportTarget::kMegatron);
      ASSERT_TRUE(result) << sim::to_string(layout) << ": " << result.error().what;
      EXPECT_EQ(sim::to_string(read_back(job, result->text)), sim::to_string(layout));
      for (const char* way : {"a2a+p2p", "a2a\n", "p2p\n", "all_gather"}) {
        if (has(result->text, std::string("--cp-comm-type ") + way)) ways.insert(way);
      }
    });
    EXPECT_GT(count, 500);
    EXPECT_EQ(ways.size(), 4U);
  }
}

TEST(Export, TorchTitanComesBack) {
  const sim::Job job = job_of("Llama-3-8B", Framework::kTorchTitan);
  std::int64_t count = 0;
  Space(job).for_each([&](const sim::Layout& layout) {
    if (sim::broken_rule(job, layout) || layout.vpp > 1 || ++count % 7 != 0) return;
    const auto result = export_layout(job, layout, ExportTarget::kTorchTitan);
    ASSERT_TRUE(result) << sim::to_string(layout) << ": " << result.error().what;
    EXPECT_EQ(sim::to_string(read_back(job, result->text)), sim::to_string(layout));
  });
  EXPECT_GT(count, 50);
}

// Keys: Megatron-LM arguments.py; a2a comes first in the hierarchical sizes, as
// create_hierarchical_groups has it.
TEST(Export, Fp8ComesBackOrIsRefused) {
  using sim::Fp8Recipe;
  struct Case {
    Framework framework;
    Fp8Recipe recipe;
    bool all_gather;
    ExportTarget target;
  };
  for (const Case& one :
       {Case{Framework::kMegatron, Fp8Recipe::kDelayed, false, ExportTarget::kMegatron},
        Case{Framework::kMegatron, Fp8Recipe::kTensorwise, false, ExportTarget::kMegatron},
        Case{Framework::kTorchTitan, Fp8Recipe::kTensorwise, true, ExportTarget::kTorchTitan},
        Case{Framework::kTorchTitan, Fp8Recipe::kRowwise, false, ExportTarget::kTorchTitan}}) {
    sim::Job job = job_of("Llama-3-8B", one.framework);
    job.training.linear_precision = sim::LinearPrecision::kFloat8;
    job.training.fp8_recipe = one.recipe;
    job.training.fp8_all_gather = one.all_gather;
    job.cluster.device.peak_fp8 = sim::FlopsPerSecond(2e15);
    job.cluster.device.efficiency.fp8_gemm = 0.7;
    const auto imported = import_any(exported(job, "ring=8,recompute=full", one.target), "test");
    ASSERT_TRUE(imported) << imported.error().what;
    const auto says = [&](const std::string& setting) {
      return std::count(imported->settings.begin(), imported->settings.end(), setting) == 1;
    };
    EXPECT_TRUE(says("training.linear_precision=fp8"));
    EXPECT_TRUE(says(std::string("training.fp8_recipe=") + name_of(one.recipe)));
    EXPECT_EQ(says("training.fp8_all_gather=true"), one.all_gather);
    EXPECT_FALSE(export_layout(job, tests::layout_of(job, "ring=8"), ExportTarget::kVerl));
  }
}

// 126 layers: 126 + 2 = 16 x 8; over 4 stages 31, 32, 32, 31, which 128 / 4 is too; over 5 stages
// 26 in the middle and 48 at the ends.
TEST(Export, MegatronIsToldOfUnevenStages) {
  const sim::Job job = [] {
    sim::Job of = tests::make_job("Llama-3.1-405B", Framework::kMegatron, 80, 8192, 2560);
    return of;
  }();
  const std::string counted =
      exported(job, "tp=8,pp=16,vpp=8,sharding=optimizer", ExportTarget::kMegatron);
  EXPECT_TRUE(has(counted, "--account-for-embedding-in-pipeline-split"));
  EXPECT_TRUE(has(counted, "--account-for-loss-in-pipeline-split"));
  const std::string dealt = exported(job, "tp=8,pp=5,sharding=optimizer", ExportTarget::kMegatron);
  EXPECT_TRUE(has(dealt, "--decoder-first-pipeline-num-layers 24\n"));
  EXPECT_TRUE(has(dealt, "--decoder-last-pipeline-num-layers 24\n"));
  EXPECT_FALSE(has(dealt, "account-for"));
}

TEST(Export, TensorOverlapComesBack) {
  for (const auto& [framework, target, key] :
       {std::tuple{Framework::kMegatron, ExportTarget::kMegatron, "--tp-comm-overlap\n"},
        std::tuple{Framework::kTorchTitan, ExportTarget::kTorchTitan,
                   "enable_async_tensor_parallel = true\n"}}) {
    sim::Job job = job_of("Llama-3-8B", framework);
    job.training.overlap_tensor_parallel = true;
    const std::string text = exported(job, "tp=8,recompute=full", target);
    EXPECT_TRUE(has(text, key)) << text;
    const auto imported = import_any(text, "test");
    ASSERT_TRUE(imported) << imported.error().what;
    EXPECT_EQ(std::count(imported->settings.begin(), imported->settings.end(),
                         "training.overlap_tensor_parallel=true"),
              1);
    EXPECT_FALSE(has(exported(job, "ring=8", target), key)) << "nothing to overlap";
  }
}

TEST(Export, MegatronsKeys) {
  const sim::Job job = job_of("Llama-3-8B", Framework::kMegatron, 2);
  const std::string text = exported(
      job, "tp=2,ulysses=2,ring=2,recompute=selective,sharding=optimizer", ExportTarget::kMegatron);
  for (const char* line :
       {"--tensor-model-parallel-size 2\n", "--sequence-parallel\n", "--context-parallel-size 4\n",
        "--cp-comm-type a2a+p2p\n", "--hierarchical-context-parallel-sizes 2 2\n",
        "--use-distributed-optimizer\n", "--overlap-grad-reduce\n", "--overlap-param-gather\n",
        "--recompute-granularity selective\n", "--seq-length 65536\n", "--global-batch-size 32\n",
        "export CUDA_DEVICE_MAX_CONNECTIONS=1\n"}) {
    EXPECT_TRUE(has(text, line)) << line << text;
  }
  EXPECT_FALSE(has(text, "recompute-num-layers")) << "selective forbids it";
}

// Megatron-LM's other order of ranks; verl's Megatron engine leaves it as it is.
TEST(Export, StagesInsideReplicasComeBack) {
  const sim::Job job = job_of("Llama-3-8B", Framework::kMegatron, 2);
  const std::string layout = "tp=2,pp=2,placement=pipeline_inner,sharding=optimizer";
  const std::string text = exported(job, layout, ExportTarget::kMegatron);
  EXPECT_TRUE(has(text, "  --use-tp-pp-dp-mapping\n")) << text;
  EXPECT_TRUE(has(text, "order tp-cp-ep-pp-dp")) << text;
  EXPECT_EQ(sim::to_string(read_back(job, text)), sim::to_string(tests::layout_of(job, layout)));
  EXPECT_FALSE(has(exported(job, "tp=2,pp=2", ExportTarget::kMegatron), "use-tp-pp-dp-mapping"));
  // Without stages the order is the same; Megatron-Bridge: "use_tp_pp_dp_mapping is not supported
  // with Megatron FSDP".
  const std::string fsdp =
      exported(job, "tp=2,placement=pipeline_inner,sharding=parameters", ExportTarget::kMegatron);
  EXPECT_FALSE(has(fsdp, "use-tp-pp-dp-mapping"));
  EXPECT_TRUE(has(fsdp, "order tp-cp-ep-dp-pp"));
  EXPECT_FALSE(export_layout(job, tests::layout_of(job, layout), ExportTarget::kVerl));
}

// Megatron-FSDP's gathers would wait behind compute with one hardware queue.
TEST(Export, MegatronFsdpHasItsFlagsAndNotTheEnvironment) {
  const sim::Job job = job_of("Llama-3-8B", Framework::kMegatron);
  const auto result = export_layout(job, tests::layout_of(job, "ulysses=2,sharding=parameters"),
                                    ExportTarget::kMegatron);
  ASSERT_TRUE(result);
  for (const char* line :
       {"--use-megatron-fsdp\n", "--data-parallel-sharding-strategy optim_grads_params\n",
        "--no-gradient-accumulation-fusion\n"}) {
    EXPECT_TRUE(has(result->text, line)) << line;
  }
  EXPECT_FALSE(has(result->text, "CUDA_DEVICE_MAX_CONNECTIONS"));
  ASSERT_EQ(result->warnings.size(), 1U);
  EXPECT_TRUE(has(result->warnings.front(), "CUDA_DEVICE_MAX_CONNECTIONS"));
}

TEST(Export, DeepSpeedsConfiguration) {
  const sim::Job job = job_of("Llama-3-8B", Framework::kDeepSpeed);
  const std::string text =
      exported(job, "ulysses=4,sharding=parameters,recompute=full", ExportTarget::kDeepSpeed);
  // 32 sequences / (2 replicas x 1).
  for (const char* line :
       {"\"sequence_parallel_size\": 4", "{\"stage\": 3}", "\"gradient_accumulation_steps\": 16",
        "gradient_checkpointing_enable"}) {
    EXPECT_TRUE(has(text, line)) << line;
  }
}

TEST(Export, AcceleratesSizesMultiplyToTheWorld) {
  const sim::Job job = job_of("Llama-3-8B", Framework::kDeepSpeed);
  const std::string text = exported(job, "ulysses=4", ExportTarget::kAccelerate);
  EXPECT_TRUE(has(text, "PARALLELISM_CONFIG_DP_SHARD_SIZE=2\n"));
  EXPECT_TRUE(has(text, "PARALLELISM_CONFIG_SP_SIZE=4\n"));
  EXPECT_TRUE(has(text, "PARALLELISM_CONFIG_CP_SIZE=1\n"));
}

TEST(Export, VerlsOverrides) {
  EXPECT_TRUE(
      has(exported(job_of("Llama-3-8B", Framework::kDeepSpeed), "ulysses=4", ExportTarget::kVerl),
          "actor_rollout_ref.actor.fsdp_config.ulysses_sequence_parallel_size=4\n"));
  EXPECT_TRUE(
      has(exported(job_of("Llama-3-8B", Framework::kMegatron), "tp=2,ring=2", ExportTarget::kVerl),
          "actor_rollout_ref.actor.megatron.context_parallel_size=2\n"));
}

TEST(Export, WhatTheTargetRefusesIsRefusedWithItsRule) {
  const sim::Job job = job_of("Llama-3-8B", Framework::kMegatron);
  const auto refused = export_layout(job, tests::layout_of(job, "pp=2"), ExportTarget::kDeepSpeed);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(has(refused.error().what, "deepspeed would refuse")) << refused.error().what;
  EXPECT_FALSE(refused.error().why.empty());
}

TEST(Export, APlanForAnotherFrameworkWarns) {
  const sim::Job job = job_of("Llama-3-8B", Framework::kDeepSpeed);
  const auto other = export_layout(job, tests::layout_of(job, "ulysses=2,sharding=optimizer"),
                                   ExportTarget::kMegatron);
  ASSERT_TRUE(other) << other.error().what;
  EXPECT_TRUE(has(other->warnings.front(), "predicted for deepspeed"));
}

TEST(Import, AMegatronScriptAsPeopleWriteIt) {
  const auto imported = import_megatron(
      "torchrun --nproc-per-node=8 pretrain_gpt.py \\\n"
      "    --tensor-model-parallel-size=2 --sequence-parallel \\\n"
      "    --context-parallel-size 4 --cp-comm-type 'allgather' # as the help has it\n"
      "    --recompute-activations --seq-length 131072 --micro-batch-size 1 2>&1 | tee log\n",
      "run.sh");
  ASSERT_TRUE(imported) << imported.error().what;
  EXPECT_EQ(imported->layout,
            "tp=2,ring=4,kv_exchange=all_gather,recompute=selective,sharding=none");
  EXPECT_EQ(imported->settings.front(), "training.sequence_length=131072");
  ASSERT_EQ(imported->warnings.size(), 1U);
  EXPECT_TRUE(has(imported->warnings.front(), "run.sh:3 (--cp-comm-type): allgather"));
  EXPECT_TRUE(has(imported->warnings.front(), "all_gather"));
}

// torchtitan/config: pipeline_parallel_first_stage_less_layers and _last_ are 1 by default.
TEST(Import, StagesThatTorchTitanMakesSmallerAreWarnedOf) {
  const std::string text = "[parallelism]\npipeline_parallel_degree = 4\n";
  const auto silent = import_torchtitan(text, "t.toml");
  ASSERT_TRUE(silent);
  ASSERT_EQ(silent->warnings.size(), 1U);
  EXPECT_TRUE(has(silent->warnings.front(), "a layer less each"));
  const auto said =
      import_torchtitan(text + "pipeline_parallel_first_stage_less_layers = 0\n", "t.toml");
  EXPECT_TRUE(said->warnings.empty());
}

// What torchtitan computes with comes back as it was written; every n-th layer is not modelled.
TEST(Import, HowTorchTitanComputes) {
  sim::Job job = job_of("Llama-3-8B", Framework::kTorchTitan);
  job.training.compile = true;
  job.training.recompute_early_stop = true;
  job.training.bf16_gradient_reduction = true;
  job.training.fused_optimizer = false;
  const auto imported = import_torchtitan(
      exported(job, "dp=8,recompute=selective", ExportTarget::kTorchTitan), "t.toml");
  ASSERT_TRUE(imported);
  EXPECT_TRUE(has(imported->layout, "recompute=selective")) << imported->layout;
  for (const char* setting :
       {"training.compile=true", "training.recompute_early_stop=true",
        "training.bf16_gradient_reduction=true", "training.fused_optimizer=false"}) {
    EXPECT_NE(std::find(imported->settings.begin(), imported->settings.end(), setting),
              imported->settings.end())
        << setting;
  }
  EXPECT_TRUE(imported->warnings.empty());
  const auto every_other = import_torchtitan(
      "[training]\n[activation_checkpoint]\nmode = \"selective\"\nselective_ac_option = \"2\"\n",
      "t.toml");
  ASSERT_EQ(every_other->warnings.size(), 1U);
  EXPECT_TRUE(has(every_other->warnings.front(), "every 2-th layer is not modelled"));
}

// Looped schedules have two chunks unless layers of each are said; how many that are is then in the
// model, whose layers count the embedding and the loss as one each unless it is said.
TEST(Import, ChunksOfTorchTitansStages) {
  const std::string pipeline =
      "[parallelism]\npipeline_parallel_degree = 4\n"
      "pipeline_parallel_first_stage_less_layers = 0\n";
  const std::string looped = pipeline + "pipeline_parallel_schedule = \"Interleaved1F1B\"\n";
  const std::string layers = "pipeline_parallel_layers_per_stage = 3\n";
  EXPECT_EQ(import_torchtitan(pipeline, "t.toml")->layout, "pp=4");
  EXPECT_EQ(import_torchtitan(pipeline + layers, "t.toml")->layout, "pp=4");
  EXPECT_EQ(import_torchtitan(looped, "t.toml")->layout, "pp=4,vpp=2");
  const auto said = import_torchtitan(looped + layers, "t.toml");
  EXPECT_EQ(said->layout, "pp=4");
  ASSERT_EQ(said->warnings.size(), 1U);
  EXPECT_TRUE(has(said->warnings.front(), "t.toml:5 (parallelism.pipeline_parallel_layers"));
  EXPECT_TRUE(has(said->warnings.front(), "ceil((L + 1) / 3) / 4")) << said->warnings.front();
  EXPECT_FALSE(import_torchtitan(looped + "pipeline_parallel_layers_per_stage = none\n", "t.toml"));
}

// torch.distributed.pipelining.schedules get_schedule_class: names in any case, others are refused.
TEST(Import, SchedulesOfTorchTitan) {
  const std::string pipeline =
      "[parallelism]\npipeline_parallel_degree = 4\n"
      "pipeline_parallel_first_stage_less_layers = 0\npipeline_parallel_schedule = ";
  const auto imported = [&](const char* schedule) {
    return import_torchtitan(pipeline + schedule + "\n", "t.toml");
  };
  EXPECT_EQ(imported("\"interleaved1f1b\"")->layout, "pp=4,vpp=2");
  EXPECT_TRUE(imported("\"1f1b\"")->warnings.empty());
  EXPECT_EQ(imported("\"GPipe\"")->layout, "pp=4");
  const auto zero_bubble = imported("\"ZBVZeroBubble\"");
  EXPECT_EQ(zero_bubble->layout, "pp=4,vpp=2");
  ASSERT_EQ(zero_bubble->warnings.size(), 1U);
  EXPECT_EQ(zero_bubble->warnings.front(),
            "t.toml:4 (parallelism.pipeline_parallel_schedule): ZBVZeroBubble is not modelled: "
            "taken for Interleaved1F1B");
  for (const char* odd : {"\"2F2B\"", "3", "\"\""}) {
    const auto refused = imported(odd);
    ASSERT_FALSE(refused) << odd;
    EXPECT_EQ(refused.error().where, "t.toml:4 (parallelism.pipeline_parallel_schedule)");
  }
  // Without stages torchtitan reads no schedule.
  EXPECT_TRUE(import_torchtitan("[parallelism]\npipeline_parallel_schedule = 3\n", "t.toml"));
}

// 32 layers over 4 stages are 8 each, 4 chunks of 2.
TEST(Import, ChunksOfMegatronsStages) {
  const std::string flags =
      "--pipeline-model-parallel-size 4 --num-layers-per-virtual-pipeline-stage ";
  EXPECT_EQ(import_megatron(flags + "2 --num-layers 32", "run.sh")->layout,
            "pp=4,vpp=4,sharding=none");
  EXPECT_FALSE(import_megatron(flags + "3 --num-layers 32", "run.sh"));
  // (30 + 2) / 4 / 2.
  EXPECT_EQ(import_megatron(flags + "2 --num-layers 30 --account-for-embedding-in-pipeline-split "
                                    "--account-for-loss-in-pipeline-split",
                            "run.sh")
                ->layout,
            "pp=4,vpp=4,sharding=none");
  EXPECT_FALSE(import_megatron(flags + "2 --num-layers 9223372036854775807 "
                                       "--account-for-loss-in-pipeline-split",
                               "run.sh"));
  const auto open = import_megatron(flags + "2", "run.sh");
  EXPECT_EQ(open->layout, "pp=4,sharding=none");
  ASSERT_EQ(open->warnings.size(), 1U);
  EXPECT_TRUE(has(open->warnings.front(), "L / 4 / 2")) << open->warnings.front();
  const auto counted = import_megatron(flags + "2 --account-for-loss-in-pipeline-split", "run.sh");
  EXPECT_TRUE(has(counted->warnings.front(), "(L + 1) / 4 / 2")) << counted->warnings.front();
}

// Megatron-LM megatron/training/arguments.py: "cannot be set at the same time"; "please use
// --num-virtual-stages-per-pipeline-rank [...] when enable uneven pipeline parallelism".
TEST(Import, LayersOfChunksBesideOtherWordsForThemAreRefused) {
  for (const char* other :
       {"num-virtual-stages-per-pipeline-rank 4", "decoder-first-pipeline-num-layers 7",
        "decoder-last-pipeline-num-layers 7"}) {
    const auto refused =
        import_megatron(std::string("--pipeline-model-parallel-size 4 --num-layers 32\n"
                                    "--num-layers-per-virtual-pipeline-stage 2 --") +
                            other,
                        "run.sh");
    ASSERT_FALSE(refused) << other;
    EXPECT_EQ(refused.error().where, "run.sh:2 (--num-layers-per-virtual-pipeline-stage)");
  }
}

// 48 layers over 2 x 6 are 4 each; over 2 x 5 they are 50 / 10 with embedding and loss.
TEST(Export, TorchTitansStages) {
  const sim::Job job = job_of("Qwen3-30B-A3B", Framework::kTorchTitan);
  const std::string even = exported(job, "pp=2,vpp=6", ExportTarget::kTorchTitan);
  EXPECT_TRUE(has(even, "first_stage_less_layers = 0\n"));
  EXPECT_TRUE(has(even, "pipeline_parallel_layers_per_stage = 4\n"));
  const std::string counted = exported(job, "pp=2,vpp=5", ExportTarget::kTorchTitan);
  EXPECT_TRUE(has(counted, "last_stage_less_layers = 1\n"));
  EXPECT_TRUE(has(counted, "pipeline_parallel_layers_per_stage = 5\n"));
}

// Megatron-LM asserts it: "--hierarchical-context-parallel-sizes must be set when a2a+p2p is used".
TEST(Import, BothWaysWithoutTheirSizesAreRefused) {
  const auto refused = import_megatron(
      "--context-parallel-size 4\n--cp-comm-type a2a+p2p --tensor-model-parallel-size 1", "run.sh");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().where, "run.sh:2 (--cp-comm-type)");
}

TEST(Import, NonsenseIsRefusedWithItsPlace) {
  EXPECT_FALSE(import_megatron("hello", "x"));
  const auto count = import_megatron("--seq-length 4096\n--tensor-model-parallel-size two", "x");
  ASSERT_FALSE(count);
  EXPECT_EQ(count.error().where, "x:2 (--tensor-model-parallel-size)");
  const auto zero = import_torchtitan("[parallelism]\ntensor_parallel_degree = 0\n", "t.toml");
  ASSERT_FALSE(zero);
  EXPECT_EQ(zero.error().where, "t.toml:2 (parallelism.tensor_parallel_degree)");
}

}  // namespace
}  // namespace seqspan::planner
