// NCCL as the double has it: its communicators, and what it pretends to be.
#pragma once

#include <mpi.h>
#include <nccl.h>

#include <cstdint>
#include <set>
#include <string>

// The type that nccl.h leaves open.
struct ncclComm {
  MPI_Comm comm = MPI_COMM_NULL;
  int rank = 0;
  int size = 1;
  int polls_to_settle = 0;  // ncclInProgress this often
  // The first collective connects the members: it is in progress until all of them have called one.
  MPI_Request connection = MPI_REQUEST_NULL;
  bool is_connecting = false;   // or connected
  ncclComm_t* split = nullptr;  // where the child goes once settled
  ncclComm_t child = nullptr;
  ncclResult_t fault = ncclSuccess;
  bool is_finalized = false;
  std::uint64_t given = 0;  // batches
  std::uint64_t done = 0;
};

namespace seqspan::real::twin {

// A call makes its communicator answer ncclInProgress this often.
inline constexpr int kPollsToSettle = 2;

struct NcclLibrary {
  int version = NCCL_VERSION_CODE;
  bool has_broken_peers = false;
  bool does_advance_by_polls = true;
  int group_depth = 0;
  std::set<ncclComm_t> comms;
};

NcclLibrary& library();

// Takes MPI's communicator over.
ncclComm_t make_comm(MPI_Comm comm);
[[nodiscard]] inline bool is_known(ncclComm_t comm) { return library().comms.count(comm) != 0; }

// Complains, and lets the communicator report it.
void fail(ncclComm_t comm, const std::string& why);

}  // namespace seqspan::real::twin
