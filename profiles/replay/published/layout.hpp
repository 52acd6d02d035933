// The layout of a row as `--layout` takes it.
#pragma once

#include <string>
#include <vector>

#include "profiles/replay/published/degrees.hpp"
#include "profiles/replay/published/format.hpp"
#include "profiles/replay/published/measured.hpp"
#include "profiles/replay/published/software.hpp"
#include "sim/errors/error.hpp"

namespace seqspan::profiles::published {

struct LayoutText {
  Degrees degrees;
  std::int64_t global_batch_size = 0;
  std::string layout;
  // What the file says for all its rows and a default usually is: as --set takes it.
  std::vector<std::string> settings;
  // With micro-batches of one sequence, where the file has whole batches in flight (ReplayRow).
  std::string smaller_layout;
};

// `column`: may say what is recomputed. Appends what it takes to `assumptions`.
// Errors: kInput, without a place: what contradicts itself, is missing, or is not modelled.
[[nodiscard]] sim::Result<LayoutText> layout_of(const RowFacts& row, const SoftwareChoice& software,
                                                std::int64_t per_node, const Column& column,
                                                std::vector<std::string>& assumptions);

}  // namespace seqspan::profiles::published
