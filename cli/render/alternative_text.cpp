#include "cli/render/alternative_text.hpp"

#include "cli/render/text.hpp"
#include "sim/layout/legality.hpp"
#include "sim/units/format_units.hpp"

namespace seqspan::cli {

std::string alternative_text(const sim::Job& job, const planner::Alternative& alternative) {
  if (!alternative.refused) return words(alternative.loses);
  if (*alternative.refused == sim::ReasonCode::kDoesNotFit) {
    return "does not fit, over by " +
           sim::format_bytes(alternative.peak - job.cluster.device.memory);
  }
  return sim::describe(*alternative.refused, job, alternative.layout);
}

}  // namespace seqspan::cli
