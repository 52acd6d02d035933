// Why each key of a layout has its value: what changing it alone would cost.
//
// Degrees are halved and doubled (dp takes up the rest of the cluster), choices take each of their
// other values. A change is answered by the rule that forbids it, by how much memory it lacks, or
// by what the step then is.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/engine/simulator.hpp"
#include "sim/layout/reason_code.hpp"

namespace seqspan::planner {

struct Alternative {
  std::string key;      // "tp", as --layout calls it
  std::string value;    // what the layout has
  std::string instead;  // what this one has
  sim::Layout layout;
  // The rule that it breaks; kDoesNotFit where memory is lacking.
  std::optional<sim::ReasonCode> refused;
  sim::Bytes peak;    // unless a rule is broken
  sim::Seconds step;  // where it fits
  std::string loses;  // where it fits: "3.1 % slower: pipeline bubble +0.81 s"
};

// In the order of the keys, of the layout's framework. `layout` is legal and fits.
[[nodiscard]] std::vector<Alternative> alternatives(sim::Simulator& simulator,
                                                    const sim::Layout& layout);

}  // namespace seqspan::planner
