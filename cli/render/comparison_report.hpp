// A fabric profile against what was measured afterwards.
#pragma once

#include <string>
#include <vector>

#include "cli/render/style.hpp"
#include "profiles/fit/compare.hpp"

namespace seqspan::cli {

// A section per group; sizes that the profile was fitted to are marked.
[[nodiscard]] std::string comparison_report(const Style& style,
                                            const std::vector<profiles::ComparedPoint>& points);

// The same as tables of Markdown: errors by collective, then every row (docs/validation.md).
[[nodiscard]] std::string comparison_markdown(const std::vector<profiles::ComparedPoint>& points);

// One JSON object with `points` and `errors` (docs/cli.md).
[[nodiscard]] std::string comparison_json(const std::vector<profiles::ComparedPoint>& points);

}  // namespace seqspan::cli
