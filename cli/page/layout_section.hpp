// The part of a report that is about one layout.
#pragma once

#include <string>

#include "sim/engine/step_timeline.hpp"
#include "sim/spec/job.hpp"

namespace seqspan::cli {

struct LayoutPart {
  std::string id;      // "l0"
  std::string layout;  // short_layout()
  std::string note;    // "fastest", "2nd, 1.2 % slower: ..."
  bool shown = false;  // without scripts
};

// Does it fit, how fast is it, what bounds it.
[[nodiscard]] std::string layout_answer(const LayoutPart& part, const sim::Simulation& simulation);
// Memory, time, documents and traffic.
[[nodiscard]] std::string layout_section(const sim::Job& job, const LayoutPart& part,
                                         const sim::StepTimeline& timeline);

}  // namespace seqspan::cli
