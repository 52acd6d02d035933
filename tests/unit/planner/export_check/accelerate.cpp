// Accelerate: src/accelerate/parallelism_config.py (ParallelismConfig.__post_init__,
// _validate_accelerator), utils/dataclasses.py (TorchContextParallelConfig,
// DeepSpeedSequenceParallelConfig), accelerator.py (what ACCELERATE_USE_PARALLELISM_CONFIG does).
#include <set>

#include "tests/unit/planner/export_check/checked.hpp"
#include "tests/unit/planner/export_check/text_parts.hpp"

namespace seqspan::planner::export_check {
namespace {

std::string setting(std::string_view text, const std::string& name) {
  return after(text, "export PARALLELISM_CONFIG_" + name + "=");
}

std::int64_t size(std::string_view text, const std::string& name) {
  return number_after(text, "export PARALLELISM_CONFIG_" + name + "=", 1);
}

}  // namespace

Checked check_accelerate(std::string_view text, const JobFacts& job) {
  Checked checked;
  checked.expect(says(text, "export ACCELERATE_USE_PARALLELISM_CONFIG=true\n"),
                 "Accelerator() reads PARALLELISM_CONFIG_* only then");
  checked.expect(!says(text, "--use_parallelism_config"),
                 "the launcher's own options would replace the environment");
  const std::int64_t replicas = size(text, "DP_REPLICATE_SIZE");
  const std::int64_t dp = size(text, "DP_SHARD_SIZE");
  const std::int64_t tp = size(text, "TP_SIZE");
  const std::int64_t cp = size(text, "CP_SIZE");
  const std::int64_t sp = size(text, "SP_SIZE");
  checked.expect(replicas >= 1 && dp >= 1 && tp >= 1 && cp >= 1 && sp >= 1,
                 "every size is at least 1");
  checked.expect(cp == 1 || sp == 1, "CP and SP are mutually exclusive");
  checked.expect(!((tp > 1 || cp > 1) && replicas > 1 && dp == 1),
                 "tp or cp do not go with pure data parallelism");
  checked.world = number_after(text, "--num_processes ", -1);
  checked.expect(replicas * dp * tp * cp * sp == checked.world, "total_size matches num_processes");
  const bool is_deepspeed = says(text, "# DeepSpeed, zero_stage=");
  checked.expect(is_deepspeed || says(text, "# FSDP version 2"),
                 "the engine is FSDP 2 or DeepSpeed");
  const std::string strategy = setting(text, "CP_COMM_STRATEGY");
  if (cp > 1) {
    checked.expect(!is_deepspeed, "torch's CP goes with FSDP 2");
    checked.expect(setting(text, "CP_BACKEND") == "torch", "cp_backend is torch");
    checked.expect(strategy == "allgather" || strategy == "alltoall",
                   "cp_comm_strategy is allgather or alltoall");
    // torch's load balancer takes two chunks of a rank.
    checked.expect(job.sequence_length % (2 * cp) == 0, "the sequence divides by 2 x cp");
  } else {
    checked.expect(strategy.empty(), "a handler of a size of 1 would be ignored");
  }
  if (sp > 1) {
    static const std::set<std::string> kKernels = {"flash_attention_2", "flash_attention_3",
                                                   "sdpa"};
    checked.expect(is_deepspeed && setting(text, "SP_BACKEND") == "deepspeed",
                   "ALST only runs under the DeepSpeed engine");
    checked.expect(kKernels.count(setting(text, "SP_ATTN_IMPLEMENTATION")) == 1,
                   "sp_attn_implementation is flash_attention_2, flash_attention_3 or sdpa");
    checked.expect(number_after(text, "_SP_SEQ_LENGTH=", -1) == job.sequence_length &&
                       setting(text, "SP_SEQ_LENGTH_IS_VARIABLE") == "false",
                   "a fixed length needs sp_seq_length");
    checked.expect(job.sequence_length % sp == 0, "the sequence divides by sp");
  } else {
    checked.expect(!says(text, "_SP_SEQ_LENGTH"), "a handler of a size of 1 would be ignored");
  }
  const std::int64_t micro_batch = number_after(text, "per_device_train_batch_size=", -1);
  checked.global_batch_size =
      micro_batch * number_after(text, "gradient_accumulation_steps=", -1) * dp * replicas;
  checked.word("tp", tp);
  checked.word("ulysses", sp);
  checked.word("ring", cp);
  if (cp > 1) checked.word("kv_exchange", strategy == "allgather" ? "all_gather" : "p2p");
  checked.word("micro_batch", micro_batch);
  checked.word("recompute", says(text, "gradient_checkpointing=True") ? "full" : "none");
  static constexpr const char* kSharding[] = {"none", "optimizer", "gradients", "parameters"};
  const std::int64_t stage = number_after(text, "zero_stage=", 3);
  checked.expect(stage >= 0 && stage <= 3, "ZeRO has stages 0 to 3");
  if (stage >= 0 && stage <= 3) checked.word("sharding", kSharding[stage]);
  return checked;
}

}  // namespace seqspan::planner::export_check
