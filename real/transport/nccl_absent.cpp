// What is left of NCCL in a build without it.
#include "real/transport/nccl_transport.hpp"

namespace seqspan::real {

sim::Result<void> check_gpus() {
  return sim::environment_error("no NCCL: seqspan was built without it", "", "",
                                "install CUDA and NCCL, or set NCCL_HOME, and build again");
}

sim::Result<std::unique_ptr<Transport>> make_nccl_transport(NcclWorld /*world*/) {
  return sim::environment_error("no NCCL: seqspan was built without it", "", "",
                                "install CUDA and NCCL, or set NCCL_HOME, and build again");
}

}  // namespace seqspan::real
