// Memory over a step as a chart shows it.
#pragma once

#include <nlohmann/json.hpp>

#include "sim/engine/step_timeline.hpp"

namespace seqspan::cli {

// Of every shown stage: `name`, `standing` (MiB by role of those that do not change; 0 for the
// others), `peak` (MiB), and two series, `step` of the whole step and `near` of the ops around the
// peak, of `t` in seconds, `saved` and `transient` in MiB. Samples are thinned where a screen would
// not show them, never the highest.
[[nodiscard]] nlohmann::ordered_json memory_series(const sim::StepTimeline& timeline);

}  // namespace seqspan::cli
