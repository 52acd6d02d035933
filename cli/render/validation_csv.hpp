// What `validate` measured, one line per op, for other tools: nccl-tests' columns beside ours.
#pragma once

#include <string>

#include "real/validate/validation.hpp"

namespace seqspan::cli {

// A block has a row of its own with its time and no op. algbw is size / time and busbw as
// nccl-tests has it for the collective, in GB/s.
[[nodiscard]] std::string validation_csv(const real::Validation& validation);

// What nccl-tests multiplies algbw with (its doc/PERFORMANCE.md): 2 (n-1)/n for an all-reduce,
// (n-1)/n for all-gather, reduce-scatter and all-to-all, 1 for sends.
[[nodiscard]] double busbw_factor(sim::Collective collective, std::int64_t ranks);

}  // namespace seqspan::cli
