// Hugging Face Accelerate: accelerate/parallelism_config.py, and the environment that it reads.
#include <fmt/format.h>

#include "planner/export/targets.hpp"

namespace seqspan::planner {

sim::Result<Exported> to_accelerate(const sim::Job& job, const sim::Layout& layout) {
  if (layout.ulysses > 1 && layout.ring > 1) {
    return cannot_say(ExportTarget::kAccelerate, "Ulysses and a ring together",
                      "cp_size and sp_size exclude each other (parallelism_config.py)",
                      "take one of them");
  }
  if (layout.pp > 1 || layout.ep > 1) {
    return cannot_say(ExportTarget::kAccelerate, layout.pp > 1 ? "pipeline stages" : "experts",
                      "its axes are dp_replicate, dp_shard, cp, sp and tp", "pp=1 and ep=1");
  }
  if (layout.recompute == sim::Recompute::kSelective) {
    return cannot_say(ExportTarget::kAccelerate, "selective recomputation",
                      "its plugins checkpoint whole layers or none (activation_checkpointing)",
                      "recompute=none or full, or --to torchtitan");
  }
  const bool is_deepspeed = layout.ring == 1;
  if (layout.ring > 1 && layout.ring_order != sim::RingOrder::kZigzag) {
    return cannot_say(ExportTarget::kAccelerate, "a contiguous ring",
                      "it leaves torch's load balancing on, which deals head and tail chunks",
                      "ring_order=zigzag, or --to torchtitan");
  }
  Exported exported;
  exported.text = heading(job, layout, "# ");
  const auto set = [&](const char* name, const auto& value) {
    exported.text += fmt::format("export PARALLELISM_CONFIG_{}={}\n", name, value);
  };
  // Accelerator() reads the sizes only when this says so; --use_parallelism_config of
  // `accelerate launch` would set them all anew from its own options.
  exported.text += "export ACCELERATE_USE_PARALLELISM_CONFIG=true\n";
  set("DP_REPLICATE_SIZE", 1);
  set("DP_SHARD_SIZE", layout.dp);
  set("TP_SIZE", layout.tp);
  set("CP_SIZE", layout.ring);
  set("SP_SIZE", layout.ulysses);
  if (layout.ring > 1) {
    set("CP_BACKEND", "torch");
    set("CP_COMM_STRATEGY",
        layout.kv_exchange == sim::KvExchange::kAllGather ? "allgather" : "alltoall");
  }
  if (layout.ulysses > 1) {
    set("SP_BACKEND", "deepspeed");
    set("SP_SEQ_LENGTH", job.training.sequence_length);
    set("SP_SEQ_LENGTH_IS_VARIABLE", "false");
    set("SP_ATTN_IMPLEMENTATION", "flash_attention_2");
  }
  exported.text += fmt::format(
      "# per_device_train_batch_size={}, gradient_accumulation_steps={}{}\n"
      "# {}\n"
      "# accelerate launch --num_machines {} --num_processes {} train.py ...\n",
      layout.micro_batch, accumulation_steps(job, layout),
      layout.recompute == sim::Recompute::kFull ? ", gradient_checkpointing=True" : "",
      is_deepspeed ? fmt::format("DeepSpeed, zero_stage={}", static_cast<int>(layout.sharding))
                   : "FSDP version 2, sharded over dp_shard x cp",
      job.cluster.nodes, layout.world());
  exported.warnings.emplace_back(fmt::format(
      "dp_replicate x dp_shard x cp x sp x tp must be the number of processes, {}: with DeepSpeed "
      "it is not checked",
      layout.world()));
  return exported;
}

}  // namespace seqspan::planner
