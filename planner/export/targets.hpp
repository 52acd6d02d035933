// One exporter for each target; the layout is legal for the framework that the job names.
#pragma once

#include "planner/export/exported.hpp"

namespace seqspan::planner {

[[nodiscard]] sim::Result<Exported> to_megatron(const sim::Job& job, const sim::Layout& layout);
[[nodiscard]] sim::Result<Exported> to_deepspeed(const sim::Job& job, const sim::Layout& layout);
[[nodiscard]] sim::Result<Exported> to_accelerate(const sim::Job& job, const sim::Layout& layout);
[[nodiscard]] sim::Result<Exported> to_torchtitan(const sim::Job& job, const sim::Layout& layout);
[[nodiscard]] sim::Result<Exported> to_verl(const sim::Job& job, const sim::Layout& layout);

// "Llama-3-8B, 131,072 tokens x 8 sequences on 8 GPUs of h100-1x8" and the layout, a line each,
// behind `mark`.
[[nodiscard]] std::string heading(const sim::Job& job, const sim::Layout& layout,
                                  std::string_view mark);
// Micro-batches of a replica in a step.
[[nodiscard]] std::int64_t accumulation_steps(const sim::Job& job, const sim::Layout& layout);
// What no flag of the target says.
[[nodiscard]] tl::unexpected<sim::Error> cannot_say(ExportTarget target, const std::string& what,
                                                    const std::string& why, const std::string& fix);

}  // namespace seqspan::planner
