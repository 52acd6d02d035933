// What kernels reach of a device's peaks, as JSON objects, in which every number carries its
// source. docs/formats/device.md
#pragma once

#include "sim/spec/device.hpp"
#include "sim/spec/json/field_table.hpp"

namespace seqspan::sim {

[[nodiscard]] const json::FieldTable<KernelEfficiency>& efficiency_table();
[[nodiscard]] const json::ObjectFacts& efficiency_facts();
[[nodiscard]] const json::FieldTable<AttentionTiles>& tiles_table();
[[nodiscard]] const json::ObjectFacts& tiles_facts();

}  // namespace seqspan::sim
