// The page of `seqspan serve`: sliders for a layout, and what it needs and takes. `fixed`: keys of
// the layout that no slider has and that stay, "etp=1".
#pragma once

#include <string>
#include <vector>

#include "cli/arguments.hpp"
#include "sim/spec/job.hpp"
#include "sim/spec/layout.hpp"

namespace seqspan::cli {

[[nodiscard]] std::string serve_page(const sim::Job& job, const JobArguments& given,
                                     const sim::Layout& layout,
                                     const std::vector<std::string>& fixed);
// Whether the page that starts there has a slider for a key.
[[nodiscard]] bool has_slider(const sim::Job& job, const sim::Layout& layout,
                              const std::string& key);

}  // namespace seqspan::cli
