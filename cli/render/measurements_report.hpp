// What was read from logs of benchmarks.
#pragma once

#include <string>
#include <vector>

#include "cli/render/style.hpp"
#include "profiles/import/read_log.hpp"

namespace seqspan::cli {

// A line per set.
[[nodiscard]] std::string measurements_report(const Style& style,
                                              const std::vector<profiles::ImportedLog>& logs);

// One JSON object with `inputs`, `warnings` and `sets` (docs/cli.md).
[[nodiscard]] std::string measurements_json(const std::vector<profiles::ImportedLog>& logs);

}  // namespace seqspan::cli
