// The layout, the GPUs and the batch of a row, as `--layout` and a job take them.
//
// gpus = tp x pp x cp x dp with cp = ulysses x ring; what a row leaves out follows from the others.
// A global batch is micro-batches x sequences of one x dp.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "profiles/replay/published/format.hpp"
#include "profiles/replay/published/software.hpp"
#include "sim/errors/error.hpp"

namespace seqspan::profiles::published {

struct Degrees {
  std::int64_t tp = 1;
  std::int64_t pp = 1;
  std::int64_t ulysses = 1;
  std::int64_t ring = 1;
  std::int64_t dp = 1;
  std::int64_t gpus = 1;
};

struct LayoutText {
  Degrees degrees;
  std::int64_t global_batch_size = 0;
  std::string layout;
  // What the file says for all its rows and a default usually is: as --set takes it.
  std::vector<std::string> settings;
  // With micro-batches of one sequence, where the file has whole batches in flight (ReplayRow).
  std::string smaller_layout;
};

// `recompute`: of a column of its own; empty: the row's or the setup's.
// Errors: kInput, without a place: what contradicts itself, or is missing.
[[nodiscard]] sim::Result<LayoutText> layout_of(const RowFacts& row, const SoftwareChoice& software,
                                                std::int64_t per_node, const std::string& recompute,
                                                bool sequence_parallel,
                                                std::vector<std::string>& assumptions);

// Whether the row splits the sequence by 'cp' without saying how.
[[nodiscard]] bool has_cp(const LayoutFacts& layout);

}  // namespace seqspan::profiles::published
