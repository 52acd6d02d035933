// Predictions against published measurements, for scripts: docs/cli.md has the fields.
#pragma once

#include <string>
#include <vector>

#include "profiles/replay/replay.hpp"

namespace seqspan::cli {

[[nodiscard]] std::string replay_json(const std::vector<profiles::Replay>& replays);

}  // namespace seqspan::cli
