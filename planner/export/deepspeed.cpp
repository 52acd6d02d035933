// DeepSpeed's Arctic Long Sequence Training (ALST):
// deepspeed/runtime/sequence_parallel/ulysses_sp.py.
#include <fmt/format.h>

#include "planner/export/targets.hpp"
#include "sim/layout/resolve.hpp"

namespace seqspan::planner {

sim::Result<Exported> to_deepspeed(const sim::Job& job, const sim::Layout& layout) {
  const bool offloads_optimizer =
      layout.offload == sim::Offload::kOptimizer || layout.offload == sim::Offload::kAll;
  const bool offloads_inputs =
      layout.offload == sim::Offload::kActivations || layout.offload == sim::Offload::kAll;
  Exported exported;
  exported.text = heading(job, layout, "# ");
  // The JSON is a file of its own: no comment may be in it.
  exported.text += fmt::format(
      "cat >ds_config.json <<'JSON'\n"
      "{{\n"
      "  \"train_micro_batch_size_per_gpu\": {},\n"
      "  \"gradient_accumulation_steps\": {},\n"
      "  \"sequence_parallel_size\": {},\n"
      "  \"bf16\": {{\"enabled\": true}},\n"
      "  \"zero_optimization\": {{\"stage\": {}{}}}\n"
      "}}\n"
      "JSON\n",
      layout.micro_batch, accumulation_steps(job, layout), layout.ulysses,
      static_cast<int>(layout.sharding),
      offloads_optimizer ? ", \"offload_optimizer\": {\"device\": \"cpu\"}" : "");
  exported.text += fmt::format(
      "# In the training script, before from_pretrained:\n"
      "#   mpu = UlyssesSPAttentionHF.register_with_transformers(\n"
      "#       model_name_or_path=..., core_attn_implementation=\"flash_attention_2\",\n"
      "#       sequence_parallel_size={}, micro_batch_size={}, seq_length={},\n"
      "#       seq_length_is_variable=False)\n"
      "#   deepspeed.initialize(..., mpu=mpu)\n"
      "#   dl = UlyssesSPDataLoaderAdapter(dl, sp_rank=..., sp_group=..., sp_world_size={}, ...)\n",
      layout.ulysses, layout.micro_batch, job.training.sequence_length, layout.ulysses);
  if (layout.recompute == sim::Recompute::kFull) {
    exported.text += "#   model.gradient_checkpointing_enable()\n";
  }
  if (offloads_inputs) {
    exported.text += "#   checkpointed inputs of layers to the host: ALST's checkpoint patch\n";
  }
  if (layout.mlp_chunks > 1) {
    exported.text += fmt::format("#   TiledMLP with {} shards\n", layout.mlp_chunks);
  }
  if (layout.loss_chunks > 1) {
    exported.text += fmt::format("#   logits and loss in {} shards: {}\n", layout.loss_chunks,
                                 layout.loss_chunks == sim::default_loss_chunks(job, layout)
                                     ? "Liger's fused loss takes as many by itself"
                                     : "TiledFusedLogitsLoss");
  }
  exported.text += fmt::format("# deepspeed --num_nodes {} --num_gpus {} train.py ...\n",
                               job.cluster.nodes, job.cluster.gpus_per_node);
  if (layout.ulysses > 1) {
    exported.warnings.emplace_back(
        "position_ids must be in every batch: without them each rank counts from 0, and no error "
        "says so");
  }
  return exported;
}

}  // namespace seqspan::planner
