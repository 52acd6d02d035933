// The version of what --json prints. A new key raises the second number; a key that changes its
// meaning or goes away raises the first.
#pragma once

namespace seqspan::cli {

inline constexpr const char* kFormatVersion = "1.0";

}  // namespace seqspan::cli
