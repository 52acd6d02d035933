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
  const bool is_deepspeed = layout.ring == 1;
  Exported exported;
  exported.text = heading(job, layout, "# ");
  const auto set = [&](const char* name, const auto& value) {
    exported.text += fmt::format("export PARALLELISM_CONFIG_{}={}\n", name, value);
  };
  set("DP_REPLICATE_SIZE", 1);
  set("DP_SHARD_SIZE", layout.dp);
  set("TP_SIZE", layout.tp);
  set("CP_SIZE", layout.ring);
  set("SP_SIZE", layout.ulysses);
  if (layout.ring > 1) {
    set("CP_COMM_STRATEGY",
        layout.kv_exchange == sim::KvExchange::kAllGather ? "allgather" : "alltoall");
  }
  if (layout.ulysses > 1) {
    exported.text += "# ParallelismConfig(sp_backend=\"deepspeed\", ...)\n";
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
