// An exchange as non-blocking calls of MPI on one communicator.
#pragma once

#include <mpi.h>

#include <cstdint>
#include <vector>

#include "real/transport/exchange.hpp"
#include "real/transport/group.hpp"
#include "real/transport/mpi_types.hpp"
#include "sim/errors/error.hpp"

namespace seqspan::real {

// kInput where a block, or a message, has more elements than an int of MPI 3.1 counts.
[[nodiscard]] sim::Result<void> check_mpi_counts(const Exchange& exchange, const Group& group);

// `exchange` was checked; `requests` get what is to be waited for: nothing where no element moves.
[[nodiscard]] sim::Result<void> post_mpi(const Exchange& exchange, std::int64_t group_size,
                                         const MpiTypes& types, MPI_Comm comm,
                                         std::vector<MPI_Request>& requests);

}  // namespace seqspan::real
