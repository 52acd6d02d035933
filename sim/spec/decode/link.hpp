// Links of a cluster that are given one by one, and what differs from its description.
// docs/formats/cluster.md
#pragma once

#include <string>
#include <vector>

#include "sim/spec/cluster.hpp"
#include "sim/spec/json/field_table.hpp"

namespace seqspan::sim {

// Arrays of objects; each remembers where it stands. Errors: kInput, located.
[[nodiscard]] Result<void> decode_links(std::vector<GivenLink>& links, const json::Value& value,
                                        const std::string& path);
[[nodiscard]] Result<void> decode_overrides(std::vector<LinkOverride>& overrides,
                                            const json::Value& value, const std::string& path);

}  // namespace seqspan::sim
