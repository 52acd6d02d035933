// verl: overrides of the actor, with FSDP and Ulysses, or with the Megatron engine.
// verl/trainer/config (actor, engine, model), verl/workers/fsdp_workers.py, megatron_workers.py.
#include <fmt/format.h>

#include "planner/export/targets.hpp"
#include "sim/units/format_units.hpp"

namespace seqspan::planner {
namespace {

template <class Value>
void override_with(std::string& text, std::string_view key, const Value& value) {
  text += fmt::format("  actor_rollout_ref.{}={}\n", key, value);
}

const char* python_bool(bool value) { return value ? "True" : "False"; }

// What neither engine's overrides say.
sim::Result<void> check_engine(const sim::Job& job, const sim::Layout& layout) {
  const auto refuse = [](const char* what, const char* why, const char* fix) {
    return cannot_say(ExportTarget::kVerl, what, why, fix);
  };
  if (job.framework != sim::Framework::kMegatron) {
    if (layout.sharding != sim::Sharding::kParameters) {
      return refuse("parameters that are not sharded", "its FSDP engine shards parameters too",
                    "sharding=parameters");
    }
    return {};
  }
  if (layout.ulysses > 1) {
    return refuse("Ulysses with the Megatron engine",
                  "it has context_parallel_size and leaves cp_comm_type at p2p",
                  "ulysses=1, or --set framework=deepspeed for FSDP with Ulysses");
  }
  if (layout.ring > 1 && layout.kv_exchange == sim::KvExchange::kAllGather) {
    return refuse("an all-gather of keys and values", "it leaves cp_comm_type at p2p",
                  "kv_exchange=p2p");
  }
  if (layout.placement == sim::Placement::kPipelineInner && layout.pp > 1) {
    return refuse("stages inside replicas", "it leaves Megatron-LM's order of ranks as it is",
                  "placement=ulysses_inner, or --to megatron");
  }
  if (layout.sharding == sim::Sharding::kParameters) {
    return refuse("Megatron-FSDP", "its Megatron engine shards the optimizer at most",
                  "sharding=optimizer, or --set framework=deepspeed for FSDP");
  }
  if (job.model.towers.front().layer_count() % (layout.pp * layout.vpp) != 0) {
    return refuse("stages with different numbers of layers", "it has the number of stages only",
                  "pp x vpp that divides the layers");
  }
  return {};
}

void add_megatron(std::string& text, const sim::Layout& layout) {
  override_with(text, "actor.strategy", "megatron");
  override_with(text, "actor.megatron.tensor_model_parallel_size", layout.tp);
  override_with(text, "actor.megatron.sequence_parallel",
                python_bool(layout.tp > 1 && layout.sequence_parallel));
  override_with(text, "actor.megatron.pipeline_model_parallel_size", layout.pp);
  if (layout.vpp > 1) {
    override_with(text, "actor.megatron.virtual_pipeline_model_parallel_size", layout.vpp);
  }
  override_with(text, "actor.megatron.context_parallel_size", layout.ring);
  override_with(text, "actor.megatron.expert_model_parallel_size", layout.ep);
  override_with(text, "actor.megatron.expert_tensor_parallel_size", layout.etp);
  override_with(text, "actor.megatron.use_distributed_optimizer",
                python_bool(layout.sharding != sim::Sharding::kNone));
  const std::string recompute = "actor.megatron.override_transformer_config.recompute_";
  if (layout.recompute == sim::Recompute::kFull) {
    override_with(text, recompute + "granularity", "full");
    override_with(text, recompute + "method", "uniform");
    override_with(text, recompute + "num_layers", 1);
  } else if (layout.recompute == sim::Recompute::kSelective) {
    override_with(text, recompute + "granularity", "selective");
    override_with(text, recompute + "modules", "[core_attn]");
  }
}

void add_fsdp(std::string& text, const sim::Layout& layout) {
  override_with(text, "actor.strategy", "fsdp2");
  override_with(text, "actor.fsdp_config.ulysses_sequence_parallel_size", layout.ulysses);
  override_with(text, "actor.fsdp_config.fsdp_size", -1);
  // "When using sequence parallelism for actor/ref policy, you must enable use_remove_padding."
  if (layout.ulysses > 1) override_with(text, "model.use_remove_padding", "True");
  // On unless it is said.
  override_with(text, "model.enable_gradient_checkpointing",
                python_bool(layout.recompute == sim::Recompute::kFull));
}

}  // namespace

sim::Result<Exported> to_verl(const sim::Job& job, const sim::Layout& layout) {
  if (auto ok = check_engine(job, layout); !ok) return tl::unexpected(ok.error());
  Exported exported;
  exported.text = heading(job, layout, "# ") + "VERL_OVERRIDES=(\n";
  std::string& text = exported.text;
  if (job.framework == sim::Framework::kMegatron) {
    add_megatron(text, layout);
  } else {
    add_fsdp(text, layout);
    exported.warnings.emplace_back(
        "in older versions the key is actor_rollout_ref.actor.ulysses_sequence_parallel_size");
  }
  override_with(text, "actor.use_dynamic_bsz", "False");
  override_with(text, "actor.ppo_mini_batch_size", job.training.global_batch_size);
  override_with(text, "actor.ppo_micro_batch_size_per_gpu", layout.micro_batch);
  text += fmt::format("  trainer.nnodes={}\n  trainer.n_gpus_per_node={}\n)\n", job.cluster.nodes,
                      job.cluster.gpus_per_node);
  exported.warnings.emplace_back(
      fmt::format("ppo_mini_batch_size counts prompts: divide it by rollout.n. Prompt and response "
                  "together are {} tokens",
                  sim::format_count(job.training.sequence_length)));
  return exported;
}

}  // namespace seqspan::planner
