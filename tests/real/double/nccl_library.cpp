#include "tests/real/double/nccl_library.hpp"

#include "tests/real/double/device.hpp"

namespace seqspan::real::twin {

NcclLibrary& library() {
  static NcclLibrary the_library;
  return the_library;
}

ncclComm_t make_comm(MPI_Comm comm) {
  MPI_Comm_set_errhandler(comm, MPI_ERRORS_RETURN);
  auto* made = new ncclComm;
  made->comm = comm;
  MPI_Comm_rank(comm, &made->rank);
  MPI_Comm_size(comm, &made->size);
  made->polls_to_settle = kPollsToSettle;
  library().comms.insert(made);
  return made;
}

void fail(ncclComm_t comm, const std::string& why) {
  device().complain(why);
  comm->fault = ncclInvalidUsage;
}

}  // namespace seqspan::real::twin
