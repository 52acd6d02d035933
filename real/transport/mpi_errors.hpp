// Return codes of MPI as errors.
#pragma once

#include <string>

#include "sim/errors/error.hpp"

namespace seqspan::real {

// Nothing where the code is MPI_SUCCESS; else kEnvironment with MPI's own words.
[[nodiscard]] sim::Result<void> check_mpi(int code, const char* call,
                                          const std::string& where = {});

// kEnvironment where MPI was not initialised, or is finalised.
[[nodiscard]] sim::Result<void> check_mpi_running();

}  // namespace seqspan::real
