// What `validate` found, for scripts: docs/cli.md has the fields.
#pragma once

#include <string>

#include "cli/render/validation_report.hpp"

namespace seqspan::cli {

[[nodiscard]] std::string validation_json(const sim::Job& job, const sim::Layout& layout,
                                          const real::Validation& validation,
                                          const Verdict& verdict);

}  // namespace seqspan::cli
