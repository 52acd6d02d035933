// What the exit code of seqspan means. Scripts rely on these numbers.
#pragma once

#include "sim/errors/error.hpp"

namespace seqspan::cli {

enum class ExitCode : int {
  kDone = 0,
  kNo = 1,           // ran fine, and the answer is no: does not fit, no plan fits
  kInput = 2,        // usage or input error
  kEnvironment = 3,  // a file cannot be read or written, a library or a GPU is missing
  kFault = 70,       // a fault of seqspan
};

[[nodiscard]] constexpr ExitCode exit_code_of(sim::ErrorCategory category) {
  switch (category) {
    case sim::ErrorCategory::kNo:
      return ExitCode::kNo;
    case sim::ErrorCategory::kInput:
      return ExitCode::kInput;
    case sim::ErrorCategory::kEnvironment:
      return ExitCode::kEnvironment;
  }
  return ExitCode::kFault;
}

}  // namespace seqspan::cli
