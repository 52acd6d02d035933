// Memory that this host could still give, as the kernel estimates it (MemAvailable of
// /proc/meminfo); zero where it does not say.
#pragma once

#include "sim/units/units.hpp"

namespace seqspan::real {

[[nodiscard]] sim::Bytes available_memory();

}  // namespace seqspan::real
