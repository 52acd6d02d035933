#include "real/transport/nccl_transport.hpp"
#include "tests/real/double/double.hpp"
#include "tests/real/transport/under_test.hpp"

namespace seqspan::real {

sim::Result<std::unique_ptr<Transport>> make_transport_under_test() {
  double_reset();
  auto world = nccl_world_of_mpi();
  if (!world) return tl::unexpected(world.error());
  return make_nccl_transport(*std::move(world));
}

std::string complaints_of_library() { return double_complaints(); }

}  // namespace seqspan::real
