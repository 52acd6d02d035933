// A cluster as a JSON object: how many nodes of which device on which fabric.
// docs/formats/cluster.md
#pragma once

#include <string>

#include "sim/spec/cluster.hpp"
#include "sim/spec/json/field_table.hpp"

namespace seqspan::sim {

// `device` and `fabric` must be objects by now: names are replaced by what they name before
// decoding (profiles/resolve.hpp).
[[nodiscard]] Result<Cluster> decode_cluster(const json::Value& value, const std::string& path);

[[nodiscard]] const json::ObjectFacts& cluster_facts();

}  // namespace seqspan::sim
