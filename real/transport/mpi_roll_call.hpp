// A RollCall over MPI: a rank in doubt sends (communicator, number) to the members; those that
// still make progress answer with how many ops of that communicator they have reached. 24 bytes
// each way, on a communicator of its own; nothing at all while nobody asks.
#pragma once

#include <memory>

#include "real/transport/attendance.hpp"

namespace seqspan::real {

// Collective over MPI_COMM_WORLD.
[[nodiscard]] sim::Result<std::unique_ptr<RollCall>> make_mpi_roll_call();

}  // namespace seqspan::real
