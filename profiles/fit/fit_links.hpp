// The link parameters that explain all curves of one cluster together.
//
// Minimised: the mean over curves of the mean |log(predicted / measured)| over sizes, so that
// neither large times nor curves with many sizes count more; plus a small pull (1 % of the
// logarithm) towards NCCL's own constants, which decides where the measurements leave a choice.
// Search: the best of all steps of one or two parameters, times or over a factor that shrinks from
// 2 to 1.001; the same data give the same result. All-reduce counts only where nothing else was
// measured: NCCL may run it as a tree or in the switch. A parameter that no curve depends on stays
// 0. So does the bandwidth inside a node where no group of one node was measured: groups of several
// nodes are as slow as the slower of NVLink and the network, and that is taken to be the network.
#pragma once

#include <vector>

#include "profiles/fabric_profile/fabric_profile.hpp"

namespace seqspan::profiles {

[[nodiscard]] LinkParameters fit_links(const std::vector<FittedCurve>& curves);

// Nothing to say about a curve: no sizes.
[[nodiscard]] FitErrors link_errors(const LinkParameters& links, const FittedCurve& curve);

}  // namespace seqspan::profiles
