// Every comparison as a dot: measured against predicted, both relative to the smallest measured of
// its set and quantity, so that all sets share two logarithmic axes. On the diagonal: exact; the
// band is 10 % to either side.
#pragma once

#include <string>
#include <vector>

#include "profiles/replay/replay.hpp"

namespace seqspan::cli {

[[nodiscard]] std::string replay_svg(const std::vector<profiles::Replay>& replays);

}  // namespace seqspan::cli
