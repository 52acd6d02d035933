// A Transport over MPI and host memory.
//
// A stream is a queue; its head is posted as a non-blocking MPI operation once what lies before it
// and the events that it waits for are done, and the caller's polls move it on: no thread, because
// an op's time is then the library's own, and MPI needs no thread support. Ops of one communicator
// are posted in the order in which they were started, on whichever streams they are, as MPI wants
// collectives called in one order on every member; events cannot close a cycle with that, since all
// point back to what was given before.
//   all-to-all MPI_Ialltoall   all-gather MPI_Iallgather   reduce-scatter MPI_Ireduce_scatter_block
//   all-reduce MPI_Iallreduce  shifts MPI_Isend, MPI_Irecv
// bf16 is two bytes with a sum of our own (bfloat16.hpp).
//
// Limits: counts are ints in MPI 3.1: a block (or message) beyond 2^31 - 1 elements is refused.
// A delay ends when polled after its time.
// Errors: kEnvironment where built without MPI, where MPI is not running, and where it fails (error
// handlers return).
#pragma once

#include <memory>

#include "real/transport/transport.hpp"

namespace seqspan::real {

// Collective over MPI_COMM_WORLD, which the caller has initialised and finalises after destruction.
[[nodiscard]] sim::Result<std::unique_ptr<Transport>> make_mpi_transport();

}  // namespace seqspan::real
