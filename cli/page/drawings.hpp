// Drawings of a layout's page, as inline SVG that needs no script.
#pragma once

#include <string>

#include "sim/engine/step_timeline.hpp"

namespace seqspan::cli {

// Colours of the style sheet by memory role: "c0" and on.
[[nodiscard]] std::string role_class(std::size_t role);
// Names of the roles beside their colours.
[[nodiscard]] std::string role_key();

// The peak of every pipeline stage by role, against the capacity.
[[nodiscard]] std::string stages_svg(const sim::Simulation& simulation);

// When each stream of each shown stage works, over the whole step.
[[nodiscard]] std::string step_svg(const sim::StepTimeline& timeline);
// One layer forward and backward, op by op: of the kind that there is most of, in a micro-batch of
// the middle. Empty where there are no layers.
[[nodiscard]] std::string layer_svg(const sim::StepTimeline& timeline);

}  // namespace seqspan::cli
