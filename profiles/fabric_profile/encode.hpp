// A fabric profile as JSON text that decode.hpp reads back. Numbers have 9 significant digits.
#pragma once

#include <string>

#include "profiles/fabric_profile/fabric_profile.hpp"

namespace seqspan::profiles {

// Ends in a newline.
[[nodiscard]] std::string encode_fabric_profile(const FabricProfile& profile);

}  // namespace seqspan::profiles
