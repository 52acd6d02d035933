// verl: overrides of the actor, with FSDP and Ulysses, or with the Megatron engine.
#include <fmt/format.h>

#include "planner/export/targets.hpp"

namespace seqspan::planner {
namespace {

void override_with(std::string& text, std::string_view key, std::int64_t value) {
  text += fmt::format("  actor_rollout_ref.actor.{}={}\n", key, value);
}

}  // namespace

sim::Result<Exported> to_verl(const sim::Job& job, const sim::Layout& layout) {
  Exported exported;
  exported.text = heading(job, layout, "# ") + "VERL_OVERRIDES=(\n";
  std::string& text = exported.text;
  if (job.framework == sim::Framework::kMegatron) {
    if (layout.ulysses > 1) {
      return cannot_say(ExportTarget::kVerl, "Ulysses with the Megatron engine",
                        "it has context_parallel_size and leaves cp_comm_type at p2p",
                        "ulysses=1, or --set framework=deepspeed for FSDP with Ulysses");
    }
    text += "  actor_rollout_ref.actor.strategy=megatron\n";
    override_with(text, "megatron.tensor_model_parallel_size", layout.tp);
    override_with(text, "megatron.pipeline_model_parallel_size", layout.pp);
    if (layout.vpp > 1) {
      override_with(text, "megatron.virtual_pipeline_model_parallel_size", layout.vpp);
    }
    override_with(text, "megatron.context_parallel_size", layout.ring);
    override_with(text, "megatron.expert_model_parallel_size", layout.ep);
    override_with(text, "megatron.expert_tensor_parallel_size", layout.etp);
  } else {
    text += "  actor_rollout_ref.actor.strategy=fsdp2\n";
    override_with(text, "fsdp_config.ulysses_sequence_parallel_size", layout.ulysses);
    override_with(text, "fsdp_config.fsdp_size", -1);
    exported.warnings.emplace_back(
        "in older versions the key is actor_rollout_ref.actor.ulysses_sequence_parallel_size");
  }
  override_with(text, "ppo_micro_batch_size_per_gpu", layout.micro_batch);
  text += ")\n";
  if (layout.recompute == sim::Recompute::kFull) {
    text += "# actor_rollout_ref.model.enable_gradient_checkpointing=True\n";
  }
  text += fmt::format("# trainer.nnodes={} trainer.n_gpus_per_node={}\n", job.cluster.nodes,
                      job.cluster.gpus_per_node);
  return exported;
}

}  // namespace seqspan::planner
