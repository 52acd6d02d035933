// verl: trainer/config (actor, engine, model), trainer/ppo/ray_trainer.py and utils/config.py
// (validate_config), workers/fsdp_workers.py and megatron_workers.py (normalized batch sizes).
#include <algorithm>

#include "tests/unit/planner/export_check/checked.hpp"
#include "tests/unit/planner/export_check/text_parts.hpp"

namespace seqspan::planner::export_check {
namespace {

// The value of "  actor_rollout_ref.KEY=" or "  KEY=".
std::string given(std::string_view text, const std::string& key) {
  return after(text, "\n  actor_rollout_ref." + key + "=");
}
std::int64_t size(std::string_view text, const std::string& key) {
  return number_after(text, "\n  actor_rollout_ref." + key + "=", 1);
}

std::int64_t check_fsdp(std::string_view text, const JobFacts& job, Checked& checked) {
  const std::int64_t ulysses = size(text, "actor.fsdp_config.ulysses_sequence_parallel_size");
  checked.expect(ulysses >= 1 && checked.world % ulysses == 0,
                 "the world divides by ulysses_sequence_parallel_size");
  checked.expect(ulysses >= 1 && job.heads % ulysses == 0,
                 "num_attention_heads divides by ulysses_sequence_parallel_size");
  checked.expect(ulysses == 1 || given(text, "model.use_remove_padding") == "True",
                 "sequence parallelism needs use_remove_padding");
  checked.expect(given(text, "actor.fsdp_config.fsdp_size") == "-1",
                 "all ranks share the parameters");
  checked.word("ulysses", ulysses);
  checked.word("sharding", "parameters");
  // On unless it is switched off.
  checked.word("recompute",
               given(text, "model.enable_gradient_checkpointing") == "False" ? "none" : "full");
  return checked.world / std::max<std::int64_t>(ulysses, 1);
}

std::int64_t check_engine_of_megatron(std::string_view text, const JobFacts& job,
                                      Checked& checked) {
  const std::string engine = "actor.megatron.";
  const std::int64_t tp = size(text, engine + "tensor_model_parallel_size");
  const std::int64_t pp = size(text, engine + "pipeline_model_parallel_size");
  const std::int64_t vpp = size(text, engine + "virtual_pipeline_model_parallel_size");
  const std::int64_t cp = size(text, engine + "context_parallel_size");
  checked.expect(checked.world % (tp * pp * cp) == 0, "the world divides by tp x pp x cp");
  checked.expect(job.layers % (pp * vpp) == 0, "the layers divide by the stages");
  checked.expect(job.sequence_length % (cp > 1 ? 2 * cp : 1) == 0,
                 "the sequence divides by 2 x cp");
  checked.expect(tp == 1 || given(text, engine + "sequence_parallel") != "",
                 "sequence_parallel is on unless it is switched off");
  checked.word("tp", tp);
  checked.word("pp", pp);
  checked.word("vpp", vpp);
  checked.word("ring", cp);
  checked.word("ep", size(text, engine + "expert_model_parallel_size"));
  checked.word("etp", size(text, engine + "expert_tensor_parallel_size"));
  if (tp > 1 && given(text, engine + "sequence_parallel") == "False") {
    checked.word("sequence_parallel", "false");
  }
  checked.word("sharding",
               given(text, engine + "use_distributed_optimizer") == "False" ? "none" : "optimizer");
  const std::string recompute = engine + "override_transformer_config.recompute_";
  const std::string granularity = given(text, recompute + "granularity");
  checked.expect((granularity == "full") == (given(text, recompute + "method") == "uniform") &&
                     (granularity == "full") == (size(text, recompute + "num_layers") == 1 &&
                                                 given(text, recompute + "num_layers") != ""),
                 "full recomputation needs a method and a number of layers, selective has none");
  checked.word("recompute", granularity.empty() ? "none" : granularity);
  return checked.world / (tp * pp * cp);
}

}  // namespace

Checked check_verl(std::string_view text, const JobFacts& job) {
  Checked checked;
  checked.world = number_after(text, "\n  trainer.nnodes=", -1) *
                  number_after(text, "\n  trainer.n_gpus_per_node=", -1);
  checked.expect(checked.world > 0, "nnodes and n_gpus_per_node are greater than 0");
  const std::string strategy = given(text, "actor.strategy");
  checked.expect(strategy == "megatron" || strategy == "fsdp2", "the strategy is known");
  const std::int64_t dp = strategy == "megatron" ? check_engine_of_megatron(text, job, checked)
                                                 : check_fsdp(text, job, checked);
  const std::int64_t batch = size(text, "actor.ppo_mini_batch_size");
  const std::int64_t micro_batch = size(text, "actor.ppo_micro_batch_size_per_gpu");
  // "normalized ppo_mini_batch_size should be divisible by ppo_micro_batch_size_per_gpu"
  checked.expect(batch % dp == 0 && batch / dp > 0 && batch / dp % micro_batch == 0,
                 "ppo_mini_batch_size / dp divides by ppo_micro_batch_size_per_gpu");
  checked.expect(given(text, "actor.use_dynamic_bsz") == "False",
                 "micro-batches of so many sequences exclude use_dynamic_bsz");
  checked.global_batch_size = batch;
  checked.word("micro_batch", micro_batch);
  return checked;
}

}  // namespace seqspan::planner::export_check
