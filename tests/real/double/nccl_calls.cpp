// The NCCL calls of the double, with the parameter names of the header.
// NOLINTBEGIN(readability-identifier-naming)
#include <fmt/format.h>
#include <mpi.h>
#include <nccl.h>

#include <cstring>
#include <random>
#include <utility>

#include "tests/real/double/device.hpp"
#include "tests/real/double/nccl_library.hpp"
#include "tests/real/double/nccl_work.hpp"

using seqspan::real::twin::Call;
using seqspan::real::twin::device;
using seqspan::real::twin::fail;
using seqspan::real::twin::is_known;
using seqspan::real::twin::Kind;
using seqspan::real::twin::kPollsToSettle;
using seqspan::real::twin::launch;
using seqspan::real::twin::library;
using seqspan::real::twin::make_comm;
using seqspan::real::twin::receives;
using seqspan::real::twin::sends;
using seqspan::real::twin::size_of;

namespace {

// Between ncclGroupStart and ncclGroupEnd.
std::vector<Call>& open_group() {
  static std::vector<Call> calls;
  return calls;
}

ncclResult_t give(const char* name, const Call& call) {
  device().count(name);
  if (!is_known(call.comm) || !device().knows(call.stream)) {
    device().complain(fmt::format("{} on an unknown communicator or stream", name));
    return ncclInvalidArgument;
  }
  if (call.comm->polls_to_settle > 0 || call.comm->is_finalized) {
    device().complain(fmt::format("{} on a communicator that has not settled", name));
    return ncclInvalidUsage;
  }
  if (size_of(call.type) == 0 || call.peer < 0 || call.peer >= call.comm->size ||
      !device().is_live(sends(call), name) || !device().is_live(receives(call), name)) {
    return ncclInvalidArgument;
  }
  const bool is_sum = call.kind == Kind::kReduceScatter || call.kind == Kind::kAllReduce;
  if (is_sum && call.type != ncclFloat32 && call.type != ncclBfloat16) return ncclInvalidArgument;
  if (library().group_depth > 0) {
    open_group().push_back(call);
    return ncclSuccess;
  }
  if (call.kind == Kind::kSend || call.kind == Kind::kRecv) {
    device().complain(fmt::format("{} outside a group: it may wait for its peer forever", name));
  }
  launch({call});
  return ncclInProgress;
}

ncclResult_t check_config(const ncclConfig_t* config) {
  if (config == nullptr || config->magic != 0xcafebeef || config->blocking != 0) {
    device().complain("a communicator is not configured as non-blocking");
    return ncclInvalidArgument;
  }
  return ncclSuccess;
}

std::byte* bytes(void* address) { return static_cast<std::byte*>(address); }
const std::byte* bytes(const void* address) { return static_cast<const std::byte*>(address); }

}  // namespace

extern "C" {

ncclResult_t ncclGetVersion(int* version) {
  *version = library().version;
  return ncclSuccess;
}

ncclResult_t ncclGetUniqueId(ncclUniqueId* id) {
  std::random_device random;
  for (char& c : id->internal) c = static_cast<char>(random() % 127 + 1);
  return ncclSuccess;
}

const char* ncclGetErrorString(ncclResult_t result) {
  return result == ncclRemoteError ? "remote process exited" : "error of the double";
}

const char* ncclGetLastError(ncclComm_t /*comm*/) { return "as the double has it"; }

ncclResult_t ncclCommInitRankConfig(ncclComm_t* comm, int ranks, ncclUniqueId id, int rank,
                                    ncclConfig_t* config) {
  if (auto checked = check_config(config); checked != ncclSuccess) return checked;
  MPI_Comm world = MPI_COMM_NULL;
  MPI_Comm_dup(MPI_COMM_WORLD, &world);
  *comm = make_comm(world);
  std::vector<ncclUniqueId> ids(static_cast<std::size_t>((*comm)->size));
  MPI_Allgather(&id, sizeof(id), MPI_BYTE, ids.data(), sizeof(id), MPI_BYTE, world);
  bool is_same = (*comm)->rank == rank && (*comm)->size == ranks && id.internal[0] != 0;
  for (const ncclUniqueId& other : ids) {
    is_same = is_same && std::memcmp(&other, &id, sizeof(id)) == 0;
  }
  if (!is_same) fail(*comm, "ranks have different unique ids, or other numbers than MPI gave them");
  return ncclInProgress;
}

ncclResult_t ncclCommSplit(ncclComm_t comm, int color, int key, ncclComm_t* newcomm,
                           ncclConfig_t* config) {
  if (auto checked = check_config(config); checked != ncclSuccess) return checked;
  if (!is_known(comm) || comm->polls_to_settle > 0) {
    device().complain("ncclCommSplit of a communicator that is unknown or has not settled");
    return ncclInvalidUsage;
  }
  MPI_Comm split = MPI_COMM_NULL;
  MPI_Comm_split(comm->comm, color, key, &split);
  comm->child = make_comm(split);
  comm->split = newcomm;
  *newcomm = nullptr;
  comm->polls_to_settle = kPollsToSettle;
  return ncclInProgress;
}

ncclResult_t ncclCommGetAsyncError(ncclComm_t comm, ncclResult_t* asyncError) {
  if (!is_known(comm)) {
    device().complain("ncclCommGetAsyncError of an unknown communicator");
    return ncclInvalidArgument;
  }
  if (library().does_advance_by_polls) device().progress();
  *asyncError = library().has_broken_peers ? ncclRemoteError : comm->fault;
  if (*asyncError != ncclSuccess || comm->polls_to_settle == 0) return ncclSuccess;
  int are_all_there = 1;
  MPI_Test(&comm->connection, &are_all_there, MPI_STATUS_IGNORE);
  if (are_all_there == 0) {
    *asyncError = ncclInProgress;
    return ncclSuccess;
  }
  if (--comm->polls_to_settle == 0) {
    if (comm->split != nullptr) *comm->split = comm->child;
    comm->split = nullptr;
  } else {
    *asyncError = ncclInProgress;
  }
  return ncclSuccess;
}

ncclResult_t ncclCommFinalize(ncclComm_t comm) {
  if (!is_known(comm)) return ncclInvalidArgument;
  if (comm->given != comm->done) device().complain("a communicator is finalised while it has work");
  comm->is_finalized = true;
  comm->polls_to_settle = kPollsToSettle;
  return ncclInProgress;
}

ncclResult_t ncclCommDestroy(ncclComm_t comm) {
  if (library().comms.erase(comm) == 0) return ncclInvalidArgument;
  if (!comm->is_finalized || comm->polls_to_settle > 0) {
    device().complain("a non-blocking communicator is destroyed before it was finalised");
  }
  MPI_Comm_free(&comm->comm);
  delete comm;
  return ncclSuccess;
}

// Not collective: MPI's communicator is left to the end of the process.
ncclResult_t ncclCommAbort(ncclComm_t comm) {
  device().count("ncclCommAbort");
  return library().comms.erase(comm) == 0 ? ncclInvalidArgument : ncclSuccess;
}

ncclResult_t ncclGroupStart() {
  ++library().group_depth;
  return ncclSuccess;
}

ncclResult_t ncclGroupEnd() {
  if (library().group_depth == 0) {
    device().complain("ncclGroupEnd without ncclGroupStart");
    return ncclInvalidUsage;
  }
  if (--library().group_depth > 0 || open_group().empty()) return ncclSuccess;
  launch(std::exchange(open_group(), {}));
  return ncclInProgress;
}

ncclResult_t ncclSend(const void* sendbuff, size_t count, ncclDataType_t datatype, int peer,
                      ncclComm_t comm, cudaStream_t stream) {
  return give("ncclSend",
              {Kind::kSend, comm, stream, bytes(sendbuff), nullptr, count, datatype, peer});
}

ncclResult_t ncclRecv(void* recvbuff, size_t count, ncclDataType_t datatype, int peer,
                      ncclComm_t comm, cudaStream_t stream) {
  return give("ncclRecv",
              {Kind::kRecv, comm, stream, nullptr, bytes(recvbuff), count, datatype, peer});
}

ncclResult_t ncclAlltoAll(const void* sendbuff, void* recvbuff, size_t count,
                          ncclDataType_t datatype, ncclComm_t comm, cudaStream_t stream) {
  return give("ncclAlltoAll",
              {Kind::kAllToAll, comm, stream, bytes(sendbuff), bytes(recvbuff), count, datatype});
}

ncclResult_t ncclAllGather(const void* sendbuff, void* recvbuff, size_t sendcount,
                           ncclDataType_t datatype, ncclComm_t comm, cudaStream_t stream) {
  return give("ncclAllGather", {Kind::kAllGather, comm, stream, bytes(sendbuff), bytes(recvbuff),
                                sendcount, datatype});
}

ncclResult_t ncclReduceScatter(const void* sendbuff, void* recvbuff, size_t recvcount,
                               ncclDataType_t datatype, ncclRedOp_t op, ncclComm_t comm,
                               cudaStream_t stream) {
  if (op != ncclSum) return ncclInvalidArgument;
  return give("ncclReduceScatter", {Kind::kReduceScatter, comm, stream, bytes(sendbuff),
                                    bytes(recvbuff), recvcount, datatype});
}

ncclResult_t ncclAllReduce(const void* sendbuff, void* recvbuff, size_t count,
                           ncclDataType_t datatype, ncclRedOp_t op, ncclComm_t comm,
                           cudaStream_t stream) {
  if (op != ncclSum) return ncclInvalidArgument;
  return give("ncclAllReduce",
              {Kind::kAllReduce, comm, stream, bytes(sendbuff), bytes(recvbuff), count, datatype});
}

}  // extern "C"

// NOLINTEND(readability-identifier-naming)
