// What `validate` found, for people.
#pragma once

#include <string>

#include "cli/render/style.hpp"
#include "real/validate/validation.hpp"
#include "sim/spec/job.hpp"

namespace seqspan::cli {

// Numbers, bytes and peaks must agree exactly; times in the median of the ops.
struct Verdict {
  bool numbers = true;
  bool bytes = true;
  bool peaks = true;
  bool times = true;
  bool is_empty = false;  // nothing could be validated
  double tolerance = 0.1;

  [[nodiscard]] bool holds() const { return numbers && bytes && peaks && times && !is_empty; }
};

[[nodiscard]] Verdict verdict_of(const real::Validation& validation, double tolerance);

[[nodiscard]] std::string validation_report(const Style& style, const sim::Job& job,
                                            const sim::Layout& layout,
                                            const real::Validation& validation,
                                            const Verdict& verdict);

}  // namespace seqspan::cli
