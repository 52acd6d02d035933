// torchtitan: torchtitan/config (parallelism, training, activation_checkpoint).
#include <fmt/format.h>

#include "planner/export/targets.hpp"
#include "sim/lower/fp8.hpp"
#include "sim/lower/kernels.hpp"
#include "sim/lower/stages.hpp"

namespace seqspan::planner {
namespace {

// Tensorwise is what holds without a recipe's name, and the only one that gathers in FP8.
std::string float8_of(const sim::Job& job) {
  if (job.training.linear_precision == sim::LinearPrecision::kBFloat16) return "";
  std::string text =
      "\n[model]\nconverters = [\"quantize.linear.float8\"]\n"
      "\n[quantize.linear.float8]\nfilter_fqns = [\"output\"]\n";
  const sim::Fp8Recipe recipe = fp8_recipe_of(job.training, sim::traits_of(job.framework));
  if (recipe == sim::Fp8Recipe::kRowwise) text += "recipe_name = \"rowwise\"\n";
  if (job.training.fp8_all_gather) {
    text +=
        "enable_fsdp_float8_all_gather = true\n"
        "precompute_float8_dynamic_scale_for_fsdp = true\n";
  }
  return text;
}

// It counts the embedding and the loss as a layer each unless it is told not to; with that it makes
// ceil(layers / layers per stage) stages, which must be a multiple of the ranks'
// (distributed/pipeline_parallel.py).
std::string stages_of(const sim::Job& job, const sim::Layout& layout) {
  std::string text = fmt::format("pipeline_parallel_degree = {}\n", layout.pp);
  if (layout.pp == 1) return text;
  const std::int64_t layers = job.model.towers.front().layer_count();
  const std::int64_t counted = layers % (layout.pp * layout.vpp) == 0 ? 0 : 1;
  text += fmt::format(
      "pipeline_parallel_schedule = \"{}\"\n"
      "pipeline_parallel_microbatch_size = {}\n"
      "pipeline_parallel_first_stage_less_layers = {}\n"
      "pipeline_parallel_last_stage_less_layers = {}\n",
      layout.vpp > 1 ? "Interleaved1F1B" : "1F1B", layout.micro_batch, counted, counted);
  if (layout.vpp > 1) {
    text += fmt::format("pipeline_parallel_layers_per_stage = {}\n",
                        (layers + 2 * counted) / (layout.pp * layout.vpp));
  }
  return text;
}

}  // namespace

sim::Result<Exported> to_torchtitan(const sim::Job& job, const sim::Layout& layout) {
  const std::int64_t layers = job.model.towers.front().layer_count();
  if (layers % (layout.pp * layout.vpp) != 0 && !sim::counts_embedding_and_loss(layers, layout)) {
    return cannot_say(ExportTarget::kTorchTitan, "these stages with different numbers of layers",
                      "it counts the embedding and the loss as layers, and deals evenly",
                      "pp x vpp that divides the layers, or the layers + 2");
  }
  Exported exported;
  exported.text = heading(job, layout, "# ");
  exported.text += fmt::format(
      "[training]\n"
      "seq_len = {}\n"
      "local_batch_size = {}\n"
      "global_batch_size = {}\n"
      "{}"
      "\n"
      "[parallelism]\n"
      "data_parallel_replicate_degree = 1\n"
      "data_parallel_shard_degree = {}\n"
      "fsdp_reshard_after_forward = \"default\"\n"
      "tensor_parallel_degree = {}\n"
      "context_parallel_degree = {}\n",
      job.training.sequence_length,
      layout.micro_batch * (layout.pp > 1 ? accumulation_steps(job, layout) : 1),
      job.training.global_batch_size,
      job.training.bf16_gradient_reduction ? "mixed_precision_reduce = \"bfloat16\"\n" : "",
      layout.dp, layout.tp, layout.cp());
  if (layout.cp() > 1) {
    exported.text +=
        fmt::format("context_parallel_load_balancer = {}\n",
                    layout.ring_order == sim::RingOrder::kZigzag ? "\"headtail\"" : "\"none\"");
  }
  const bool overlaps = job.training.overlap_tensor_parallel && layout.tp > 1;
  if (overlaps) exported.text += "enable_async_tensor_parallel = true\n";
  exported.text += stages_of(job, layout);
  exported.text += fmt::format("expert_parallel_degree = {}\n", layout.ep);
  const char* recompute = layout.recompute == sim::Recompute::kFull        ? "full"
                          : layout.recompute == sim::Recompute::kSelective ? "selective"
                                                                           : "none";
  exported.text += fmt::format("\n[activation_checkpoint]\nmode = \"{}\"\n", recompute);
  if (layout.recompute == sim::Recompute::kSelective) {
    exported.text += "selective_ac_option = \"op\"\n";
  }
  if (job.training.recompute_early_stop) exported.text += "early_stop = true\n";
  if (!job.training.fused_optimizer) {
    exported.text += "\n[optimizer]\nimplementation = \"for-loop\"\n";
  }
  exported.text += float8_of(job);
  exported.text +=
      fmt::format("\n[compile]\nenable = {}\n",
                  sim::is_compiled(job.training, sim::traits_of(job.framework)) ? "true" : "false");
  exported.text +=
      fmt::format("# torchrun --nnodes {} --nproc-per-node {} -m torchtitan.train ...\n",
                  job.cluster.nodes, job.cluster.gpus_per_node);
  if (layout.cp() > 1) {
    exported.warnings.emplace_back(
        fmt::format("seq_len must be a multiple of tp x 2 x cp = {}; context parallelism needs the "
                    "spmd_types backend in recent versions (parallelism.spmd_backend)",
                    layout.tp * 2 * layout.cp()));
  }
  return exported;
}

}  // namespace seqspan::planner
