#include "planner/compare.hpp"

#include <fmt/format.h>

#include <cmath>

#include "sim/units/format_units.hpp"

namespace seqspan::planner {

std::string loss_of(Objective objective, const sim::Simulation& best,
                    const sim::Simulation& other) {
  if (objective == Objective::kStepTime) return loss_against(best, other);
  const double faster = (1.0 - other.time.step / best.time.step) * 100.0;
  return fmt::format("{} more, {:.1f} % {}", sim::format_bytes(other.peak.peak - best.peak.peak),
                     std::abs(faster), faster >= 0 ? "faster" : "slower");
}

std::string loss_against(const sim::Simulation& best, const sim::Simulation& other) {
  const double slower = (other.time.step / best.time.step - 1.0) * 100.0;
  std::size_t grew = 0;
  sim::Seconds most(0);
  for (std::size_t i = 0; i < other.shares.size(); ++i) {
    const sim::Seconds growth = other.shares[i] - best.shares[i];
    if (growth > most) {
      most = growth;
      grew = i;
    }
  }
  std::string text = fmt::format("{:.1f} % slower", slower);
  if (most > sim::Seconds(0)) {
    text += fmt::format(": {} +{}", sim::name_of(static_cast<sim::StepBound>(grew)),
                        sim::format_time(most));
  }
  return text;
}

}  // namespace seqspan::planner
