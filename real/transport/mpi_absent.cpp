// What is left of MPI in a build without it.
#include "real/transport/mpi_roll_call.hpp"
#include "real/transport/mpi_transport.hpp"
#include "real/transport/nccl_transport.hpp"

namespace seqspan::real {
namespace {

tl::unexpected<sim::Error> no_mpi() {
  return sim::environment_error("no MPI: seqspan was built without it", "", "",
                                "install an MPI (Debian: libopenmpi-dev) and build again");
}

}  // namespace

sim::Result<std::unique_ptr<Transport>> make_mpi_transport() { return no_mpi(); }

sim::Result<std::unique_ptr<RollCall>> make_mpi_roll_call() { return no_mpi(); }

sim::Result<NcclWorld> nccl_world_of_mpi() { return no_mpi(); }

}  // namespace seqspan::real
