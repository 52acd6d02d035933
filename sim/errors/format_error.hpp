// An Error as a person should read it, one line per part, without a final newline:
//
//   error: unknown key 'ulyses'
//     at configs/jobs/long.json:12:5 (layout.ulyses)
//     why: ...
//     fix: did you mean 'ulysses'?
//
// Parts that are empty are left out.
#pragma once

#include <string>

#include "sim/errors/error.hpp"

namespace seqspan::sim {

[[nodiscard]] std::string format_error(const Error& error);

}  // namespace seqspan::sim
