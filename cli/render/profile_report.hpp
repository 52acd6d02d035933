// A fabric profile as text, in nccl-tests' words: size, time, algbw, busbw; GB/s = 10^9 bytes/s.
#pragma once

#include <string>

#include "cli/render/style.hpp"
#include "profiles/fabric_profile/fabric_profile.hpp"

namespace seqspan::cli {

// Sources, a line of errors per curve, and the parameters of the links.
[[nodiscard]] std::string profile_summary(const Style& style,
                                          const profiles::FabricProfile& profile);

// The same, and for every curve a table of measured against fitted with bars of the busbw.
[[nodiscard]] std::string profile_report(const Style& style,
                                         const profiles::FabricProfile& profile);

}  // namespace seqspan::cli
