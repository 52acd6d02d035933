// A GPU's host as JSON objects, in which every number carries its source: the link to its memory,
// and what its CPU takes to issue kernels. docs/formats/device.md
#pragma once

#include "sim/spec/device.hpp"
#include "sim/spec/json/field_table.hpp"

namespace seqspan::sim {

[[nodiscard]] const json::FieldTable<HostLink>& host_link_table();
[[nodiscard]] const json::ObjectFacts& host_link_facts();
[[nodiscard]] const json::FieldTable<HostCosts>& host_costs_table();
[[nodiscard]] const json::ObjectFacts& host_costs_facts();

}  // namespace seqspan::sim
