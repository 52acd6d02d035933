// Measured points and fitted curves as an SVG: a panel per collective, busbw (GB/s) against size,
// both logarithmic. Readable on light and dark pages (prefers-color-scheme).
#pragma once

#include <string>

#include "profiles/fabric_profile/fabric_profile.hpp"

namespace seqspan::cli {

[[nodiscard]] std::string profile_svg(const profiles::FabricProfile& profile);

}  // namespace seqspan::cli
