#include "real/transport/mpi_errors.hpp"

#include <fmt/format.h>
#include <mpi.h>

#include <array>

namespace seqspan::real {

sim::Result<void> check_mpi(int code, const char* call, const std::string& where) {
  if (code == MPI_SUCCESS) return {};
  std::array<char, MPI_MAX_ERROR_STRING> text{};
  int length = 0;
  if (MPI_Error_string(code, text.data(), &length) != MPI_SUCCESS) length = 0;
  return sim::environment_error(
      fmt::format("{} failed: {}", call,
                  std::string(text.data(), static_cast<std::size_t>(length))),
      where, "a peer may have died, or the network between hosts be down",
      "see what the launcher and the other ranks say");
}

sim::Result<void> check_mpi_running() {
  int is_initialized = 0;
  int is_finalized = 0;
  MPI_Initialized(&is_initialized);
  MPI_Finalized(&is_finalized);
  if (is_initialized != 0 && is_finalized == 0) return {};
  return sim::environment_error("no MPI: it is not running in this process", "", "",
                                "start under mpirun or srun");
}

}  // namespace seqspan::real
