// A cluster for people: its tiers from the core down, what they carry, faults, and where the axes
// of a layout land.
#pragma once

#include <string>

#include "cli/render/cluster_view.hpp"
#include "cli/render/style.hpp"

namespace seqspan::cli {

[[nodiscard]] std::string cluster_report(const Style& style, const ClusterView& view);
// The same for scripts: one JSON object. docs/models/cluster.md
[[nodiscard]] std::string cluster_json(const ClusterView& view);

}  // namespace seqspan::cli
