// What this host calls itself: how ranks find out who shares a host with whom.
#pragma once

#include <string>

namespace seqspan::real {

[[nodiscard]] std::string host_name();

}  // namespace seqspan::real
