// What the library answers instead of a result. The library never prints, exits or asserts on
// user input: it returns an Error, and the command line maps its category to an exit code.
#pragma once

#include <string>
#include <tl/expected.hpp>

namespace seqspan::sim {

enum class ErrorCategory {
  kNo,           // ran fine and the answer is no (does not fit, no plan, a gate failed): exit 1
  kInput,        // usage or input error: exit 2
  kEnvironment,  // no MPI, no GPU, a file cannot be read or written: exit 3
};

// what:  the fault in one line ("unknown key 'ulyses'").
// where: file:line:column and the JSON path, or the command line option; empty if nowhere.
// why:   the rule that was broken, or empty where `what` says it all.
// fix:   what to do about it ("did you mean 'ulysses'?"), or empty.
struct Error {
  ErrorCategory category = ErrorCategory::kInput;
  std::string what;
  std::string where;
  std::string why;
  std::string fix;

  bool operator==(const Error&) const = default;
};

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> input_error(std::string what, std::string where = {},
                                         std::string why = {}, std::string fix = {}) {
  return tl::unexpected(Error{ErrorCategory::kInput, std::move(what), std::move(where),
                              std::move(why), std::move(fix)});
}

inline tl::unexpected<Error> environment_error(std::string what, std::string where = {},
                                               std::string why = {}, std::string fix = {}) {
  return tl::unexpected(Error{ErrorCategory::kEnvironment, std::move(what), std::move(where),
                              std::move(why), std::move(fix)});
}

}  // namespace seqspan::sim
