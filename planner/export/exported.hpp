// A layout in the words of the framework that is to run it.
//
//   megatron    the command line of Megatron-LM, with what torchrun and the environment need
//   deepspeed   ds_config for DeepSpeed (ALST), and the calls that it takes beside it
//   accelerate  ParallelismConfig of Hugging Face Accelerate: DeepSpeed's Ulysses or torch's CP
//   torchtitan  its TOML
//   verl        overrides of its trainer, FSDP with Ulysses or the Megatron engine
//
// Keys and rules: the frameworks' own sources, as docs/tasks/export-a-plan.md lists them. What the
// target would refuse is refused here, with its rule: a layout is checked against the traits of the
// framework that the target stands for (sim/layout/legality.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/errors/error.hpp"
#include "sim/spec/job.hpp"
#include "sim/spec/layout.hpp"

namespace seqspan::planner {

enum class ExportTarget : std::uint8_t { kMegatron, kDeepSpeed, kAccelerate, kTorchTitan, kVerl };
inline constexpr std::size_t kExportTargets = 5;
[[nodiscard]] const char* name_of(ExportTarget target);
[[nodiscard]] std::optional<ExportTarget> export_target_named(std::string_view name);

struct Exported {
  std::string text;                   // to be saved as it is; comments say what it is
  std::vector<std::string> warnings;  // traps of the target, in sentences
};

// Errors: kInput with the reason code where the target would refuse the layout, or cannot say it.
[[nodiscard]] sim::Result<Exported> export_layout(const sim::Job& job, const sim::Layout& layout,
                                                  ExportTarget target);

}  // namespace seqspan::planner
