#include "real/transport/mpi_transport.hpp"
#include "tests/real/transport/under_test.hpp"

namespace seqspan::real {

sim::Result<std::unique_ptr<Transport>> make_transport_under_test() { return make_mpi_transport(); }

std::string complaints_of_library() { return {}; }

}  // namespace seqspan::real
