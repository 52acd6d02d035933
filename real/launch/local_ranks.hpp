// Starting ranks on this machine, for a command that was run alone and needs several.
//
// The program starts itself again under mpirun, with the arguments that it was given, and waits.
// What the ranks print goes where its own output goes. mpirun ends the other ranks when one fails,
// and when this process is told to end or dies.
//
// Errors: kEnvironment where mpirun cannot be started.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "sim/errors/error.hpp"

namespace seqspan::real {

// Whether this process is a rank that mpirun or srun started: Open MPI, PMI and PMIx, and Slurm
// with more than one task say so in the environment.
[[nodiscard]] bool is_a_rank();

// Runs `arguments`, without the program's name, as `ranks` ranks. Returns mpirun's exit status, 128
// + n where signal n ended it, or was passed on to it.
[[nodiscard]] sim::Result<int> run_local_ranks(std::int64_t ranks,
                                               std::span<const std::string> arguments);

}  // namespace seqspan::real
