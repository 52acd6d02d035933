// The profile of a link as a JSON object, in which every number carries its source: NVLink of a
// device, or one NIC and the network behind it. docs/formats/fabric.md
#pragma once

#include <string>

#include "sim/spec/device.hpp"
#include "sim/spec/json/field_table.hpp"

namespace seqspan::sim {

// `path` is the JSON path of `value` in its document, for messages.
[[nodiscard]] Result<LinkProfile> decode_link(const json::Value& value, const std::string& path);

[[nodiscard]] const json::ObjectFacts& link_facts();

}  // namespace seqspan::sim
