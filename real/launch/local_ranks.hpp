// Starting ranks, for a command that was run alone and needs several.
//
// The program starts itself again under mpirun, with the arguments that it was given, and waits.
// What the ranks print goes where its own output goes. They run on this machine, or where mpirun's
// own settings put them (OMPI_MCA_orte_default_hostfile).
//
// Open MPI ends all ranks when one dies, before the others can say what they waited for, so it is
// told not to (orte_enable_recovery). It then ends nobody, and says 0 whatever happens; so each
// rank tells how it ends (last_words.hpp), and the first failure, an end of this process, or its
// death ends the others. So does a start that takes too long: no deadline of a rank covers what
// happens before it runs.
//
// Errors: kEnvironment where mpirun cannot be started.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "sim/errors/error.hpp"
#include "sim/units/units.hpp"

namespace seqspan::real {

// Whether this process is a rank that mpirun or srun started: Open MPI, PMI and PMIx, and Slurm
// with more than one task say so in the environment.
[[nodiscard]] bool is_a_rank();

// Whether it is one, and not rank 0: known before MPI starts.
[[nodiscard]] bool is_a_later_rank();

// Whether srun started this rank, and no mpirun: when one ends before MPI starts, srun ends none of
// the others, and says which one and with what exit code.
[[nodiscard]] bool is_started_by_srun();

struct LocalRun {
  // mpirun's exit status; 128 + n where signal n ended it, or was passed on to it.
  int status = 0;
  // What the ranks told: the first failure, else the largest exit code. Absent where some ended
  // without a word, and none told of a failure.
  std::optional<int> code;
  // Ranks that said that they run, where not all did within the limit.
  std::optional<std::int64_t> started_only;
};

// Runs `arguments`, without the program's name, as `ranks` ranks, which must run within
// `time_to_start`.
[[nodiscard]] sim::Result<LocalRun> run_local_ranks(std::int64_t ranks,
                                                    std::span<const std::string> arguments,
                                                    sim::Seconds time_to_start);

}  // namespace seqspan::real
