// Device profiles as JSON objects, in which every number carries its source.
// docs/formats/device.md
#pragma once

#include <string>

#include "sim/spec/device.hpp"
#include "sim/spec/json/field_table.hpp"

namespace seqspan::sim {

// `path` is the JSON path of `value` in its document, for messages.
[[nodiscard]] Result<DeviceProfile> decode_device(const json::Value& value,
                                                  const std::string& path);

[[nodiscard]] const json::ObjectFacts& device_facts();

}  // namespace seqspan::sim
