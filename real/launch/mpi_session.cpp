#include "real/launch/mpi_session.hpp"

#include <cstdlib>

#include "seqspan_config.hpp"

#if SEQSPAN_HAS_MPI
#include <mpi.h>
#endif

namespace seqspan::real {

#if SEQSPAN_HAS_MPI

sim::Result<std::unique_ptr<MpiSession>> MpiSession::start() {
  if (MPI_Init(nullptr, nullptr) != MPI_SUCCESS) {
    return sim::environment_error("MPI cannot start", "", "", "does mpirun -n 2 hostname run?");
  }
  return std::unique_ptr<MpiSession>(new MpiSession);
}

MpiSession::~MpiSession() { MPI_Finalize(); }

void MpiSession::abort_all(int exit_code) {
  MPI_Abort(MPI_COMM_WORLD, exit_code);
  std::_Exit(exit_code);
}

#else

sim::Result<std::unique_ptr<MpiSession>> MpiSession::start() {
  return sim::environment_error("no MPI: seqspan was built without it", "", "",
                                "install an MPI (Debian: libopenmpi-dev) and build again");
}

MpiSession::~MpiSession() = default;

void MpiSession::abort_all(int exit_code) { std::_Exit(exit_code); }

#endif

}  // namespace seqspan::real
