// What is left of NCCL in a build without it.
#include "real/transport/nccl_transport.hpp"

namespace seqspan::real {

namespace {

tl::unexpected<sim::Error> no_nccl() {
  return sim::environment_error("no NCCL: seqspan was built without it", "", "",
                                "install CUDA and NCCL, or set NCCL_HOME, and build again");
}

}  // namespace

sim::Result<int> count_gpus() { return no_nccl(); }

sim::Result<std::unique_ptr<Transport>> make_nccl_transport(NcclWorld /*world*/) {
  return no_nccl();
}

}  // namespace seqspan::real
