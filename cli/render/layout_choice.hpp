// A layout as short as it can be typed.
#pragma once

#include <string>

#include "sim/spec/job.hpp"
#include "sim/spec/layout.hpp"

namespace seqspan::cli {

// "tp=2,ulysses=4,recompute=full": degrees above 1, and what differs from what the job and its
// framework would choose. `--layout` of this text gives the same layout for the same job.
[[nodiscard]] std::string short_layout(const sim::Job& job, const sim::Layout& layout);

}  // namespace seqspan::cli
