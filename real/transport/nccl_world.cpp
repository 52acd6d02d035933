// The world of NCCL as MPI has started it.
#include <mpi.h>

#include "real/transport/mpi_errors.hpp"
#include "real/transport/mpi_roll_call.hpp"
#include "real/transport/nccl_transport.hpp"

namespace seqspan::real {

sim::Result<NcclWorld> nccl_world_of_mpi() {
  if (auto running = check_mpi_running(); !running) return tl::unexpected(running.error());
  int rank = 0;
  int size = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  MPI_Comm host = MPI_COMM_NULL;
  if (auto split = check_mpi(
          MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, rank, MPI_INFO_NULL, &host),
          "MPI_Comm_split_type");
      !split) {
    return tl::unexpected(split.error());
  }
  int rank_on_host = 0;
  MPI_Comm_rank(host, &rank_on_host);
  MPI_Comm_free(&host);
  auto roll_call = make_mpi_roll_call();
  if (!roll_call) return tl::unexpected(roll_call.error());
  NcclWorld world;
  world.rank = rank;
  world.size = size;
  world.device = rank_on_host;
  world.share = [](std::span<std::byte> bytes) {
    return check_mpi(
        MPI_Bcast(bytes.data(), static_cast<int>(bytes.size()), MPI_BYTE, 0, MPI_COMM_WORLD),
        "MPI_Bcast");
  };
  world.roll_call = *std::move(roll_call);
  return world;
}

}  // namespace seqspan::real
