// Device and fabric profiles as JSON objects, in which every number carries its source.
// docs/formats/device.md, docs/formats/fabric.md
#pragma once

#include <string>

#include "sim/spec/device.hpp"
#include "sim/spec/json/field_table.hpp"

namespace seqspan::sim {

// `path` is the JSON path of `value` in its document, for messages.
[[nodiscard]] Result<DeviceProfile> decode_device(const json::Value& value,
                                                  const std::string& path);
// One NIC and the network behind it, or any other link.
[[nodiscard]] Result<LinkProfile> decode_link(const json::Value& value, const std::string& path);

[[nodiscard]] const json::ObjectFacts& device_facts();
[[nodiscard]] const json::ObjectFacts& link_facts();

}  // namespace seqspan::sim
