// A bar: how much of a whole.
#pragma once

#include <string>

#include "cli/render/style.hpp"

namespace seqspan::cli {

// At most `columns` wide, in eighths of a column, or in whole '#' where the style is ASCII. A share
// that is not zero shows at least the smallest mark; one above 1 is cut off and ends in '>'.
[[nodiscard]] std::string bar(const Style& style, double share, std::size_t columns);

}  // namespace seqspan::cli
