#include "planner/export/exported.hpp"

#include <fmt/format.h>

#include <array>

#include "planner/export/documents.hpp"
#include "planner/export/targets.hpp"
#include "sim/layout/legality.hpp"
#include "sim/layout/resolve.hpp"
#include "sim/spec/layout_text.hpp"
#include "sim/units/format_units.hpp"

namespace seqspan::planner {
namespace {

using sim::Framework;

constexpr std::array<const char*, kExportTargets> kNames = {"megatron", "deepspeed", "accelerate",
                                                            "torchtitan", "verl"};

// Whose rules hold for the target.
Framework framework_of(ExportTarget target, const sim::Job& job, const sim::Layout& layout) {
  switch (target) {
    case ExportTarget::kMegatron:
      return Framework::kMegatron;
    case ExportTarget::kDeepSpeed:
      return Framework::kDeepSpeed;
    case ExportTarget::kAccelerate:
      // cp is torch's ring over FSDP, sp is DeepSpeed's Ulysses.
      return layout.ring > 1 ? Framework::kTorchTitan : Framework::kDeepSpeed;
    case ExportTarget::kTorchTitan:
      return Framework::kTorchTitan;
    case ExportTarget::kVerl:
      return job.framework == Framework::kMegatron ? Framework::kMegatron : Framework::kDeepSpeed;
  }
  return Framework::kMegatron;
}

// The first key of the layout that no other target has words for; null: none. Chunks of the loss
// that the framework makes by itself need no words.
const char* only_deepspeed_says(const sim::Job& job, const sim::Layout& layout) {
  if (layout.mlp_chunks > 1) return "mlp_chunks";
  if (layout.offload != sim::Offload::kNone) return "offload";
  return layout.loss_chunks != sim::default_loss_chunks(job, layout) ? "loss_chunks" : nullptr;
}

}  // namespace

const char* name_of(ExportTarget target) { return kNames[static_cast<std::size_t>(target)]; }

std::optional<ExportTarget> export_target_named(std::string_view name) {
  for (std::size_t i = 0; i < kExportTargets; ++i) {
    if (name == kNames[i]) return static_cast<ExportTarget>(i);
  }
  return std::nullopt;
}

std::string heading(const sim::Job& job, const sim::Layout& layout, std::string_view mark) {
  return fmt::format("{0}{1}, {2} tokens x {3} sequences on {4} GPUs of {5}\n{0}layout: {6}\n",
                     mark, job.model.name, sim::format_count(job.training.sequence_length),
                     job.training.global_batch_size, layout.world(), job.cluster.name,
                     sim::to_string(layout));
}

std::int64_t accumulation_steps(const sim::Job& job, const sim::Layout& layout) {
  return job.training.global_batch_size / (layout.dp * layout.micro_batch);
}

tl::unexpected<sim::Error> cannot_say(ExportTarget target, const std::string& what,
                                      const std::string& why, const std::string& fix) {
  return sim::input_error(fmt::format("{} has no words for {}", name_of(target), what),
                          fmt::format("--to {}", name_of(target)), why, fix);
}

sim::Result<Exported> export_layout(const sim::Job& job, const sim::Layout& layout,
                                    ExportTarget target) {
  sim::Job as_target = job;
  as_target.framework = framework_of(target, job, layout);
  if (const auto code = sim::broken_rule(as_target, layout)) {
    const sim::ReasonFacts& facts = sim::facts_of(*code);
    return sim::input_error(
        fmt::format("{} would refuse the layout: {}", name_of(target), facts.name),
        fmt::format("--to {}", name_of(target)), sim::describe(*code, as_target, layout),
        std::string(facts.fix) + fmt::format(" More: seqspan explain {}", facts.name));
  }
  if (const char* unsaid = only_deepspeed_says(job, layout);
      unsaid != nullptr && target != ExportTarget::kDeepSpeed) {
    return cannot_say(target, unsaid, "only the exporter for deepspeed says it",
                      "leave it out, or --to deepspeed");
  }
  if (layout.head_groups > 1) {
    return cannot_say(target, "head_groups", "no framework has Ulysses by groups of heads built in",
                      "set head_groups=1");
  }
  if (layout.ulysses_in_node > 1 || layout.ep_in_node > 1) {
    return cannot_say(target, layout.ulysses_in_node > 1 ? "ulysses_in_node" : "ep_in_node",
                      "no target has a setting for all-to-alls in two steps", "set it to 1");
  }
  const bool says_fp8 = target == ExportTarget::kMegatron || target == ExportTarget::kTorchTitan;
  if (job.training.linear_precision == sim::LinearPrecision::kFloat8 && !says_fp8) {
    return cannot_say(target, "training.linear_precision=fp8", "its FP8 is not modelled",
                      "export to megatron or torchtitan, or set it to bf16");
  }
  if (auto ok = check_documents(target, as_target, layout); !ok) return tl::unexpected(ok.error());
  auto exported = [&]() -> sim::Result<Exported> {
    switch (target) {
      case ExportTarget::kMegatron:
        return to_megatron(as_target, layout);
      case ExportTarget::kDeepSpeed:
        return to_deepspeed(as_target, layout);
      case ExportTarget::kAccelerate:
        return to_accelerate(as_target, layout);
      case ExportTarget::kTorchTitan:
        return to_torchtitan(as_target, layout);
      case ExportTarget::kVerl:
        return to_verl(as_target, layout);
    }
    return Exported{};
  }();
  if (std::string data = data_of_documents(target, as_target); exported && !data.empty()) {
    exported->warnings.push_back(std::move(data));
  }
  if (exported && as_target.framework != job.framework) {
    exported->warnings.insert(
        exported->warnings.begin(),
        fmt::format("memory and time were predicted for {}, which saves and sends other things: "
                    "predict again with --set framework={}",
                    sim::name_of(job.framework), sim::name_of(as_target.framework)));
  }
  return exported;
}

}  // namespace seqspan::planner
