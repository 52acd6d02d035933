// Predictions against published measurements, for a terminal.
#pragma once

#include <string>
#include <vector>

#include "cli/render/style.hpp"
#include "profiles/replay/replay.hpp"

namespace seqspan::cli {

[[nodiscard]] std::string replay_report(const Style& style,
                                        const std::vector<profiles::Replay>& replays);

// "+5.2 %".
[[nodiscard]] std::string signed_percent(double error);
// "median 3.1 %, 90 % within 7.7 %, worst 9.4 %".
[[nodiscard]] std::string summary_text(const profiles::ErrorSummary& errors);
// "ring=2: 3.1 % slower than the fastest, tau 0.67".
[[nodiscard]] std::string group_text(const profiles::ReplayedGroup& group);

}  // namespace seqspan::cli
