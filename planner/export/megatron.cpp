// Megatron-LM: megatron/training/arguments.py and the dataclasses whose fields become flags.
#include <fmt/format.h>

#include "planner/export/targets.hpp"
#include "sim/lower/fp8.hpp"
#include "sim/lower/stages.hpp"

namespace seqspan::planner {
namespace {

using sim::KvExchange;
using sim::Layout;
using sim::Recompute;
using sim::Sharding;

// Lines of "  --flag values \".
class Flags {
 public:
  void add(std::string_view flag) { text_ += fmt::format("  --{}\n", flag); }
  template <class Value>
  void add(std::string_view flag, const Value& value) {
    text_ += fmt::format("  --{} {}\n", flag, value);
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

void add_context(Flags& flags, const Layout& layout) {
  if (layout.cp() == 1) return;
  flags.add("context-parallel-size", layout.cp());
  if (layout.ulysses > 1 && layout.ring > 1) {
    flags.add("cp-comm-type", "a2a+p2p");
    flags.add("hierarchical-context-parallel-sizes",
              fmt::format("{} {}", layout.ulysses, layout.ring));
  } else if (layout.ulysses > 1) {
    flags.add("cp-comm-type", "a2a");
  } else {
    flags.add("cp-comm-type", layout.kv_exchange == KvExchange::kAllGather ? "all_gather" : "p2p");
  }
}

void add_experts(Flags& flags, const sim::Job& job, const Layout& layout) {
  const sim::MixtureOfExperts* experts = nullptr;
  for (const sim::LayerKind& kind : job.model.towers.front().kinds) {
    if (const auto* found = std::get_if<sim::MixtureOfExperts>(&kind.feed_forward)) experts = found;
  }
  if (experts == nullptr) return;
  flags.add("num-experts", experts->experts);
  flags.add("moe-router-topk", experts->experts_per_token);
  flags.add("expert-model-parallel-size", layout.ep);
  flags.add("expert-tensor-parallel-size", layout.etp);
  flags.add("moe-token-dispatcher-type", "alltoall");
  flags.add("moe-grouped-gemm");
}

void add_sharding(Flags& flags, const sim::Job& job, const Layout& layout) {
  const bool is_fsdp = layout.sharding == Sharding::kParameters;
  if (layout.sharding != Sharding::kNone) flags.add("use-distributed-optimizer");
  if (is_fsdp) {
    flags.add("use-megatron-fsdp");
    flags.add("data-parallel-sharding-strategy", "optim_grads_params");
    flags.add("no-gradient-accumulation-fusion");
  }
  if (job.training.overlap_gradient_reduction) flags.add("overlap-grad-reduce");
  if (job.training.overlap_parameter_gather && layout.sharding != Sharding::kNone) {
    flags.add("overlap-param-gather");
  }
  if (job.training.overlap_tensor_parallel && layout.tp > 1) flags.add("tp-comm-overlap");
}

void add_recompute(Flags& flags, const Layout& layout) {
  if (layout.recompute == Recompute::kNone) return;
  if (layout.recompute == Recompute::kSelective) {
    flags.add("recompute-granularity", "selective");
    flags.add("recompute-modules", "core_attn");
    return;
  }
  flags.add("recompute-granularity", "full");
  flags.add("recompute-method", "uniform");
  flags.add("recompute-num-layers", 1);
}

// Layers that do not divide (sim/lower/stages.hpp).
void add_stages(Flags& flags, std::int64_t layers, const Layout& layout) {
  if (layers % (layout.pp * layout.vpp) == 0) return;
  if (sim::counts_embedding_and_loss(layers, layout)) {
    flags.add("account-for-embedding-in-pipeline-split");
    flags.add("account-for-loss-in-pipeline-split");
    return;
  }
  flags.add("decoder-first-pipeline-num-layers", sim::layers_of_stage(layers, layout, 0));
  flags.add("decoder-last-pipeline-num-layers",
            sim::layers_of_stage(layers, layout, layout.pp - 1));
}

// Rows that carry cu_seqlens, or groups as each document needs: validate_args asserts the last two.
void add_documents(Flags& flags, const sim::Training& training, const Layout& layout) {
  if (!training.documents) return;
  if (training.documents->context_parallel == sim::DocumentGroups::kPerDocument) {
    flags.add("hybrid-context-parallel");
    flags.add("max-seqlen-per-dp-cp-rank", training.sequence_length / layout.cp());
    flags.add("calculate-per-token-loss");
    flags.add("dataloader-type", "single");
    return;
  }
  flags.add("sft");
  flags.add("no-create-attention-mask-in-dataloader");
}

}  // namespace

sim::Result<Exported> to_megatron(const sim::Job& job, const Layout& layout) {
  const sim::Training& training = job.training;
  if (training.overlap_parameter_gather && !training.overlap_gradient_reduction &&
      layout.sharding != Sharding::kNone) {
    return cannot_say(ExportTarget::kMegatron, "gathers that overlap where reductions do not",
                      "it asserts --overlap-grad-reduce with --overlap-param-gather",
                      "--set training.overlap_parameter_gather=false, or overlap both");
  }
  Flags flags;
  flags.add("tensor-model-parallel-size", layout.tp);
  if (layout.tp > 1 && layout.sequence_parallel) flags.add("sequence-parallel");
  add_context(flags, layout);
  flags.add("pipeline-model-parallel-size", layout.pp);
  // Without stages both orders are the same, and Megatron-FSDP takes the default alone
  // (Megatron-Bridge src/megatron/bridge/training/config.py).
  const bool pipeline_inner = layout.placement == sim::Placement::kPipelineInner && layout.pp > 1;
  if (pipeline_inner) flags.add("use-tp-pp-dp-mapping");
  if (layout.vpp > 1) flags.add("num-virtual-stages-per-pipeline-rank", layout.vpp);
  add_stages(flags, job.model.towers.front().layer_count(), layout);
  add_experts(flags, job, layout);
  add_sharding(flags, job, layout);
  add_recompute(flags, layout);
  add_documents(flags, training, layout);
  flags.add("seq-length", job.training.sequence_length);
  flags.add("max-position-embeddings", job.training.sequence_length);
  flags.add("micro-batch-size", layout.micro_batch);
  flags.add("global-batch-size", job.training.global_batch_size);
  flags.add("transformer-impl", "transformer_engine");
  flags.add("bf16");
  if (job.training.linear_precision == sim::LinearPrecision::kFloat8) {
    flags.add("fp8-format", "hybrid");
    flags.add("fp8-recipe",
              sim::name_of(fp8_recipe_of(job.training, sim::traits_of(job.framework))));
    if (job.training.fp8_all_gather) flags.add("fp8-param-gather");
  }
  if (job.training.bf16_gradient_reduction) flags.add("grad-reduce-in-bf16");
  if (job.training.loss.value_or(sim::LossKind::kFused) == sim::LossKind::kFused) {
    flags.add("cross-entropy-loss-fusion");
  }

  Exported exported;
  exported.text = heading(job, layout, "# ");
  exported.text += fmt::format(
      "# Ranks: tensor parallel ones are consecutive, then context, then {}\n"
      "# (Megatron-LM's order {}).\n",
      pipeline_inner ? "pipeline, then data" : "data, then pipeline",
      pipeline_inner ? "tp-cp-ep-pp-dp" : "tp-cp-ep-dp-pp");
  const bool is_fsdp = layout.sharding == Sharding::kParameters;
  if (is_fsdp) {
    exported.warnings.emplace_back(
        "CUDA_DEVICE_MAX_CONNECTIONS must not be 1 with --use-megatron-fsdp: gathers would wait "
        "behind compute");
  } else if (layout.tp > 1 || layout.cp() > 1) {
    exported.text += "export CUDA_DEVICE_MAX_CONNECTIONS=1\n";
  }
  exported.text += "MODEL_PARALLEL_ARGS=(\n" + flags.text() + ")\n";
  exported.text += fmt::format(
      "# torchrun --nnodes {} --nproc-per-node {} pretrain_gpt.py \"${{MODEL_PARALLEL_ARGS[@]}}\" "
      "...\n",
      job.cluster.nodes, job.cluster.gpus_per_node);
  if (layout.ring > 1 && layout.kv_exchange == KvExchange::kAllGather) {
    exported.warnings.emplace_back(
        "Megatron-LM's help says \"allgather\", TransformerEngine accepts \"all_gather\" only");
  }
  return exported;
}

}  // namespace seqspan::planner
