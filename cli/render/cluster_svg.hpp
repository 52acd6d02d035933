// A cluster as a picture: switches above, nodes as boxes below. Long rows show the first, the
// second and the last; what is slow is drawn in another colour, what is missing dashed. Reads on
// light and on dark pages.
#pragma once

#include <string>

#include "cli/render/cluster_view.hpp"

namespace seqspan::cli {

[[nodiscard]] std::string cluster_svg(const ClusterView& view);

}  // namespace seqspan::cli
