// The same tests for every transport: each main links one of these.
#pragma once

#include <memory>

#include "real/transport/transport.hpp"

namespace seqspan::real {

// A new transport over MPI_COMM_WORLD; collective.
[[nodiscard]] sim::Result<std::unique_ptr<Transport>> make_transport_under_test();

// What the transport's library has found wrong since the last call, and forgets: nothing for MPI,
// hazards and leaks for the double.
[[nodiscard]] std::string complaints_of_library();

}  // namespace seqspan::real
