// DeepSpeed: runtime/config.py (DeepSpeedConfig._batch_assertion, _do_sanity_check),
// runtime/zero/config.py, runtime/sequence_parallel/ulysses_sp.py (UlyssesSPAttentionHF).
#include "sim/spec/json/parse.hpp"
#include "tests/unit/planner/export_check/checked.hpp"
#include "tests/unit/planner/export_check/text_parts.hpp"

namespace seqspan::planner::export_check {
namespace {

constexpr const char* kSharding[] = {"none", "optimizer", "gradients", "parameters"};

std::int64_t integer(const sim::json::Value& object, std::string_view key) {
  const sim::json::Value* found = object.find(key);
  return found != nullptr && found->kind == sim::json::Kind::kInteger ? found->integer : -1;
}

}  // namespace

Checked check_deepspeed(std::string_view text, const JobFacts& job) {
  Checked checked;
  const std::size_t begin = text.find("<<'JSON'\n") + 9;
  const auto document = sim::json::parse(text.substr(begin, text.find("\nJSON\n") - begin), "ds");
  checked.expect(document.has_value(), "ds_config is JSON");
  if (!document) return checked;
  for (const auto& member : document->members) {
    checked.expect(member.key == "train_micro_batch_size_per_gpu" ||
                       member.key == "gradient_accumulation_steps" ||
                       member.key == "sequence_parallel_size" || member.key == "bf16" ||
                       member.key == "zero_optimization",
                   "unknown key " + member.key);
  }
  const std::int64_t micro_batch = integer(*document, "train_micro_batch_size_per_gpu");
  const std::int64_t accumulation = integer(*document, "gradient_accumulation_steps");
  const std::int64_t sp = integer(*document, "sequence_parallel_size");
  checked.expect(micro_batch > 0 && accumulation > 0, "batch sizes are greater than 0");
  checked.expect(sp > 0 && job.sequence_length % sp == 0, "the sequence divides by the SP size");
  checked.expect(sp > 0 && job.heads % sp == 0, "attention heads divide by the SP size");
  const sim::json::Value* zero = document->find("zero_optimization");
  const std::int64_t stage = zero == nullptr ? -1 : integer(*zero, "stage");
  checked.expect(stage >= 0 && stage <= 3, "ZeRO has stages 0 to 3");
  const bool offloads_optimizer = zero != nullptr && zero->find("offload_optimizer") != nullptr;
  checked.expect(!offloads_optimizer || stage >= 1, "offload_optimizer needs stage 1, 2 or 3");

  // The calls beside it say the same; eager attention is refused, and a length given once and for
  // all goes with seq_length_is_variable=False.
  checked.expect(number_after(text, "#       sequence_parallel_size=", -1) == sp &&
                     number_after(text, "sp_world_size=", -1) == sp &&
                     number_after(text, " micro_batch_size=", -1) == micro_batch,
                 "register_with_transformers and the loader have the sizes of ds_config");
  checked.expect(number_after(text, " seq_length=", -1) == job.sequence_length &&
                     says(text, "seq_length_is_variable=False"),
                 "seq_length is that of the job, and fixed");
  checked.expect(!says(text, "eager"), "core_attn is not eager");

  checked.world = number_after(text, "--num_nodes ", -1) * number_after(text, "--num_gpus ", -1);
  checked.expect(sp > 0 && checked.world % sp == 0, "the world divides by the SP size");
  if (sp < 1 || stage < 0 || stage > 3) return checked;
  // _batch_assertion, with the data parallel size of ALST: world / sp.
  checked.global_batch_size = micro_batch * accumulation * (checked.world / sp);
  checked.word("ulysses", sp);
  checked.word("micro_batch", micro_batch);
  checked.word("sharding", kSharding[stage]);
  checked.word("recompute", says(text, "gradient_checkpointing_enable") ? "full" : "none");
  const bool offloads_inputs = says(text, "inputs of layers to the host");
  checked.word("offload", offloads_inputs && offloads_optimizer ? "all"
                          : offloads_inputs                     ? "activations"
                          : offloads_optimizer                  ? "optimizer"
                                                                : "none");
  checked.word("mlp_chunks", number_after(text, "TiledMLP with ", 1));
  checked.word("loss_chunks", number_after(text, "logits and loss in ", 1));
  return checked;
}

}  // namespace seqspan::planner::export_check
