// Quantities as tables and sentences of the reports show them.
#pragma once

#include <cstdint>
#include <string>

#include "sim/units/units.hpp"

namespace seqspan::cli {

// "71.2 GiB": GiB with one decimal, whatever the size, so that a column compares at a glance.
[[nodiscard]] std::string gib(sim::Bytes bytes);
// "71.2", under a head that says GiB.
[[nodiscard]] std::string gib_number(sim::Bytes bytes);
// "41.6 %"
[[nodiscard]] std::string percent(double share);
// "4,213"; "8.25" below 100.
[[nodiscard]] std::string rate(double value);
// "1 layout", "1,234 layouts".
[[nodiscard]] std::string counted(std::int64_t count, const std::string& noun);

}  // namespace seqspan::cli
