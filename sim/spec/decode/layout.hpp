// The layout keys of the contract, as a JSON object. docs/formats/layout.md
#pragma once

#include "sim/spec/job.hpp"
#include "sim/spec/json/field_table.hpp"

namespace seqspan::sim {

// Every key is optional: what is left out is the planner's or the framework's.
[[nodiscard]] const json::FieldTable<LayoutChoice>& layout_table();
[[nodiscard]] const json::ObjectFacts& layout_facts();

}  // namespace seqspan::sim
