#include "real/launch/mpi_session.hpp"

#include <cstdlib>

#include "real/launch/last_words.hpp"
#include "seqspan_config.hpp"

#if SEQSPAN_HAS_MPI
#include <mpi.h>
#endif

namespace seqspan::real {

#if SEQSPAN_HAS_MPI

// On the world's own communicator; transports have copies of it.
constexpr int kFarewell = 1;

sim::Result<std::unique_ptr<MpiSession>> MpiSession::start() {
  if (MPI_Init(nullptr, nullptr) != MPI_SUCCESS) {
    return sim::environment_error("MPI cannot start", "", "", "does mpirun -n 2 hostname run?");
  }
  return std::unique_ptr<MpiSession>(new MpiSession);
}

MpiSession::~MpiSession() { MPI_Finalize(); }

bool MpiSession::is_first() {
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  return rank == 0;
}

void MpiSession::abort_all(int exit_code) {
  int rank = 0;
  int size = 0;
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  // Empty, so that it needs no answer to arrive; nobody waits for it.
  for (int other = 0; other < size; ++other) {
    MPI_Request request = MPI_REQUEST_NULL;
    if (other != rank) {
      MPI_Isend(nullptr, 0, MPI_BYTE, other, kFarewell, MPI_COMM_WORLD, &request);
    }
  }
  tell_launcher(exit_code);
  // Who launched the ranks ends them; else MPI does.
  if (!is_launched()) MPI_Abort(MPI_COMM_WORLD, exit_code);
  std::_Exit(exit_code);
}

bool MpiSession::is_aborted_by_other() {
  int is_there = 0;
  MPI_Iprobe(MPI_ANY_SOURCE, kFarewell, MPI_COMM_WORLD, &is_there, MPI_STATUS_IGNORE);
  return is_there != 0;
}

#else

sim::Result<std::unique_ptr<MpiSession>> MpiSession::start() {
  return sim::environment_error("no MPI: seqspan was built without it", "", "",
                                "install an MPI (Debian: libopenmpi-dev) and build again");
}

MpiSession::~MpiSession() = default;

bool MpiSession::is_first() { return true; }

void MpiSession::abort_all(int exit_code) { std::_Exit(exit_code); }

bool MpiSession::is_aborted_by_other() { return false; }

#endif

}  // namespace seqspan::real
