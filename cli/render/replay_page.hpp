// The page docs/accuracy.md: every set, every row, its assumptions, and what is left out and why.
#pragma once

#include <string>
#include <vector>

#include "profiles/replay/replay.hpp"

namespace seqspan::cli {

[[nodiscard]] std::string replay_page(const std::vector<profiles::Replay>& replays);

}  // namespace seqspan::cli
