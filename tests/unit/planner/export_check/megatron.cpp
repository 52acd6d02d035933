// Megatron-LM: megatron/training/arguments.py (validate_args), core/model_parallel_config.py and
// core/transformer/transformer_config.py (__post_init__).
#include <set>
#include <sstream>

#include "tests/unit/planner/export_check/checked.hpp"
#include "tests/unit/planner/export_check/text_parts.hpp"

namespace seqspan::planner::export_check {
namespace {

class Flags {
 public:
  explicit Flags(std::string_view text) : text_(text) {}
  [[nodiscard]] bool has(const std::string& flag) const {
    return says(text_, "\n  --" + flag + "\n") || says(text_, "\n  --" + flag + " ");
  }
  [[nodiscard]] std::string text(const std::string& flag) const {
    const std::size_t at = text_.find("\n  --" + flag + " ");
    if (at == std::string_view::npos) return "";
    const std::string_view rest = text_.substr(at + flag.size() + 6);
    return std::string(rest.substr(0, rest.find('\n')));
  }
  [[nodiscard]] std::int64_t count(const std::string& flag, std::int64_t otherwise = 1) const {
    return number_after(text_, "\n  --" + flag + " ", otherwise);
  }

 private:
  std::string_view text_;
};

void check_context(const Flags& flags, const JobFacts& job, Checked& checked) {
  const std::int64_t cp = flags.count("context-parallel-size");
  const std::string kind = flags.text("cp-comm-type");
  const bool hierarchical = flags.has("hierarchical-context-parallel-sizes");
  checked.expect(!hierarchical || kind == "a2a+p2p", "hierarchical sizes are for a2a+p2p");
  checked.expect(!flags.has("hybrid-context-parallel") || kind == "p2p" || cp == 1,
                 "groups of each document are rings");
  if (cp == 1) return;
  checked.expect(job.sequence_length % (2 * cp) == 0, "seq_length divides by 2 x cp");
  std::int64_t ulysses = 1;
  std::int64_t ring = 1;
  if (kind == "a2a+p2p") {
    std::istringstream sizes(flags.text("hierarchical-context-parallel-sizes"));
    checked.expect(static_cast<bool>(sizes >> ulysses >> ring),
                   "hierarchical-context-parallel-sizes must be set when a2a+p2p is used");
    checked.expect(ulysses * ring == cp, "the hierarchical sizes' product is cp");
  } else if (kind == "a2a") {
    ulysses = cp;
  } else {
    // TransformerEngine's spelling; Megatron-LM's help has "allgather", which it refuses.
    checked.expect(kind == "p2p" || kind == "all_gather", "unknown cp_comm_type " + kind);
    ring = cp;
    checked.word("kv_exchange", kind);
  }
  checked.word("ulysses", ulysses);
  checked.word("ring", ring);
}

void check_recompute(const Flags& flags, Checked& checked) {
  const std::string granularity = flags.text("recompute-granularity");
  const bool has_method = flags.has("recompute-method");
  const bool has_layers = flags.has("recompute-num-layers");
  if (granularity == "full") {
    checked.expect(has_method && has_layers, "full recomputation needs a method and num-layers");
  } else {
    checked.expect(!has_method && !has_layers, "selective recomputation has no method, no layers");
  }
  static const std::set<std::string> kModules = {
      "core_attn", "moe_act", "layernorm", "mla_up_proj", "mlp", "moe", "shared_experts"};
  checked.expect(
      !flags.has("recompute-modules") ||
          (granularity == "selective" && kModules.count(flags.text("recompute-modules")) == 1),
      "recompute-modules are for selective recomputation");
  checked.word("recompute", granularity.empty() ? "none" : granularity);
}

// Layers of the stages: all the same, or as first and last have them.
void check_stages(const Flags& flags, const JobFacts& job, Checked& checked) {
  const std::int64_t pp = flags.count("pipeline-model-parallel-size");
  const std::int64_t vpp = flags.count("num-virtual-stages-per-pipeline-rank");
  checked.expect(!(flags.has("num-virtual-stages-per-pipeline-rank") &&
                   flags.has("num-layers-per-virtual-pipeline-stage")),
                 "one of the two ways to say virtual stages");
  checked.expect(vpp == 1 || pp > 1, "virtual stages need pipeline stages");
  const bool dealt = flags.has("decoder-first-pipeline-num-layers") ||
                     flags.has("decoder-last-pipeline-num-layers");
  const std::int64_t counted = (flags.has("account-for-embedding-in-pipeline-split") ? 1 : 0) +
                               (flags.has("account-for-loss-in-pipeline-split") ? 1 : 0);
  checked.expect(!dealt || counted == 0,
                 "account-for-* and first and last numbers of layers exclude each other");
  if (dealt) {
    const std::int64_t middle = job.layers - flags.count("decoder-first-pipeline-num-layers", 0) -
                                flags.count("decoder-last-pipeline-num-layers", 0);
    checked.expect(pp == 2 ? middle == 0 : middle > 0 && middle % (pp - 2) == 0,
                   "the layers between divide by the stages between");
  } else {
    checked.expect((job.layers + counted) % (pp * vpp) == 0, "layers divide by pp x vpp");
  }
  checked.word("pp", pp);
  checked.word("vpp", vpp);
}

void check_sharding(const Flags& flags, std::string_view text, Checked& checked) {
  const bool fsdp = flags.has("use-megatron-fsdp");
  const std::int64_t tp = flags.count("tensor-model-parallel-size");
  checked.expect(!fsdp || (flags.has("use-distributed-optimizer") &&
                           flags.has("no-gradient-accumulation-fusion") &&
                           flags.text("data-parallel-sharding-strategy") == "optim_grads_params"),
                 "Megatron-FSDP needs the distributed optimizer and no accumulation fusion");
  checked.expect(fsdp || !flags.has("data-parallel-sharding-strategy"),
                 "a sharding strategy is Megatron-FSDP's");
  checked.expect(!flags.has("overlap-param-gather") || flags.has("use-distributed-optimizer"),
                 "overlap-param-gather needs the distributed optimizer");
  checked.expect(!flags.has("overlap-param-gather") || flags.has("overlap-grad-reduce"),
                 "overlap-param-gather needs overlap-grad-reduce");
  const bool one_queue = says(text, "export CUDA_DEVICE_MAX_CONNECTIONS=1\n");
  const bool needs_order = tp > 1 || flags.count("context-parallel-size") > 1;
  checked.expect(fsdp ? !one_queue : !needs_order || one_queue,
                 "CUDA_DEVICE_MAX_CONNECTIONS is 1 with tp or cp, and is not with FSDP");
  checked.word("sharding", fsdp                                     ? "parameters"
                           : flags.has("use-distributed-optimizer") ? "optimizer"
                                                                    : "none");
}

}  // namespace

Checked check_megatron(std::string_view text, const JobFacts& job) {
  Checked checked;
  const Flags flags(text);
  const std::int64_t tp = flags.count("tensor-model-parallel-size");
  const bool sequence_parallel = flags.has("sequence-parallel");
  checked.word("tp", tp);
  if (tp > 1 && !sequence_parallel) checked.word("sequence_parallel", "false");
  checked.expect(tp > 1 || !sequence_parallel, "sequence-parallel is switched off for tp = 1");
  checked.expect(!flags.has("tp-comm-overlap") || sequence_parallel,
                 "tp-comm-overlap needs sequence-parallel");
  check_context(flags, job, checked);
  check_stages(flags, job, checked);
  check_recompute(flags, checked);
  check_sharding(flags, text, checked);
  if (flags.has("num-experts")) {
    const std::int64_t ep = flags.count("expert-model-parallel-size");
    checked.expect(flags.count("num-experts") % ep == 0, "num-experts divides by ep");
    checked.expect(tp == 1 || sequence_parallel, "experts with tp need sequence-parallel");
    checked.word("ep", ep);
    checked.word("etp", flags.count("expert-tensor-parallel-size", tp));
  }
  if (flags.has("hybrid-context-parallel")) {
    checked.expect(
        flags.count("pipeline-model-parallel-size") == 1 && !flags.has("use-megatron-fsdp") &&
            flags.text("dataloader-type") == "single" && flags.has("calculate-per-token-loss"),
        "hybrid-context-parallel: no pipeline, no FSDP, single loader, per-token loss");
    checked.expect(
        flags.count("max-seqlen-per-dp-cp-rank", 0) * flags.count("context-parallel-size") ==
            job.sequence_length,
        "the longest document fits into the group of the layout");
  }
  if (flags.has("use-tp-pp-dp-mapping")) {
    // parallel_state.py: data parallel sizes of attention and experts are the same where pp > 1 and
    // the order does not end in pp; experts of a dense model are those of ep = 1, etp = tp.
    const std::int64_t of_experts =
        flags.count("expert-model-parallel-size") * flags.count("expert-tensor-parallel-size", tp);
    checked.expect(flags.count("pipeline-model-parallel-size") == 1 ||
                       of_experts == tp * flags.count("context-parallel-size"),
                   "use-tp-pp-dp-mapping needs as many replicas of experts as of the rest");
    // Megatron-Bridge src/megatron/bridge/training/config.py.
    checked.expect(!flags.has("use-megatron-fsdp"),
                   "use_tp_pp_dp_mapping is not supported with Megatron FSDP");
    checked.expect(says(text, "tp-cp-ep-pp-dp"), "the comment has the order of the flag");
    checked.word("placement", "pipeline_inner");
  }
  checked.world = number_after(text, "--nnodes ", -1) * number_after(text, "--nproc-per-node ", -1);
  const std::int64_t others =
      tp * flags.count("context-parallel-size") * flags.count("pipeline-model-parallel-size");
  const std::int64_t micro_batch = flags.count("micro-batch-size");
  checked.global_batch_size = flags.count("global-batch-size");
  checked.expect(checked.world % others == 0, "the world divides by tp x cp x pp");
  checked.expect(checked.global_batch_size % (micro_batch * (checked.world / others)) == 0,
                 "global-batch-size divides by micro-batch-size x dp");
  checked.expect(flags.count("seq-length") == job.sequence_length &&
                     flags.count("max-position-embeddings") >= flags.count("seq-length"),
                 "max-position-embeddings is at least seq-length");
  checked.word("micro_batch", micro_batch);
  return checked;
}

}  // namespace seqspan::planner::export_check
