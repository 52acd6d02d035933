// seqspan(1) in the man macros of roff, from the same texts and tables as --help.
#pragma once

#include <string>

namespace seqspan::cli {

[[nodiscard]] std::string man_page();

}  // namespace seqspan::cli
