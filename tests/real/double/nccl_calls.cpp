// The NCCL calls of the double, with the parameter names of the header. A collective first compares
// what its members have called, then gathers everybody's send buffer and takes from it what each
// wants: slow, and hard to get wrong. NOLINTBEGIN(readability-identifier-naming)
#include <fmt/format.h>
#include <mpi.h>
#include <nccl.h>

#include <array>
#include <cstring>
#include <random>
#include <utility>

#include "real/transport/bfloat16.hpp"
#include "tests/real/double/device.hpp"
#include "tests/real/double/double.hpp"

using seqspan::real::BFloat16;
using seqspan::real::to_bfloat16;
using seqspan::real::to_float;
using seqspan::real::twin::Access;
using seqspan::real::twin::device;

// The type that nccl.h leaves open.
struct ncclComm {
  MPI_Comm comm = MPI_COMM_NULL;
  int rank = 0;
  int size = 1;
  int polls_to_settle = 0;      // ncclInProgress this often
  ncclComm_t* split = nullptr;  // where the child goes once settled
  ncclComm_t child = nullptr;
  ncclResult_t fault = ncclSuccess;
  bool is_finalized = false;
  std::uint64_t given = 0;  // batches
  std::uint64_t done = 0;
};

namespace {

constexpr int kPollsToSettle = 2;

struct Library {
  int version = NCCL_VERSION_CODE;
  bool has_broken_peers = false;
  bool does_advance_by_polls = true;
  int group_depth = 0;
  std::set<ncclComm_t> comms;
};

Library& library() {
  static Library the_library;
  return the_library;
}

enum class Kind : std::uint64_t { kAllToAll, kAllGather, kReduceScatter, kAllReduce, kSend, kRecv };

struct Call {
  Kind kind = Kind::kSend;
  ncclComm_t comm = nullptr;
  cudaStream_t stream = nullptr;
  const std::byte* send = nullptr;
  std::byte* receive = nullptr;
  std::size_t count = 0;
  ncclDataType_t type = ncclInt8;
  int peer = 0;
};

std::vector<Call>& open_group() {
  static std::vector<Call> calls;
  return calls;
}

std::size_t size_of(ncclDataType_t type) {
  switch (type) {
    case ncclUint8:
      return 1;
    case ncclBfloat16:
      return 2;
    case ncclFloat32:
      return 4;
    case ncclInt64:
      return 8;
    default:
      return 0;
  }
}

std::size_t bytes_of(const Call& call) { return call.count * size_of(call.type); }

Access sends(const Call& call) {
  const auto size = static_cast<std::size_t>(call.comm->size);
  const bool is_whole = call.kind == Kind::kAllToAll || call.kind == Kind::kReduceScatter;
  if (call.send == nullptr) return {};
  return {call.send, bytes_of(call) * (is_whole ? size : 1), false};
}

Access receives(const Call& call) {
  const auto size = static_cast<std::size_t>(call.comm->size);
  const bool is_whole = call.kind == Kind::kAllToAll || call.kind == Kind::kAllGather;
  if (call.receive == nullptr) return {};
  return {call.receive, bytes_of(call) * (is_whole ? size : 1), true};
}

using Header = std::array<std::uint64_t, 3>;  // kind, count, type

Header header_of(const Call& call) {
  const bool is_message = call.kind == Kind::kSend || call.kind == Kind::kRecv;
  return {is_message ? 0 : static_cast<std::uint64_t>(call.kind), call.count,
          static_cast<std::uint64_t>(call.type)};
}

void fail(ncclComm_t comm, const std::string& why) {
  device().complain(why);
  comm->fault = ncclInvalidUsage;
}

// One call while it runs.
struct Running {
  explicit Running(Call what) : call(what) {}

  Call call;
  bool is_begun = false;
  bool has_headers = false;
  bool is_done = false;
  std::vector<MPI_Request> requests;
  std::vector<Header> headers;
  std::vector<std::byte> sent;
  std::vector<std::byte> received;

  [[nodiscard]] bool is_message() const {
    return call.kind == Kind::kSend || call.kind == Kind::kRecv;
  }

  [[nodiscard]] bool requests_done() {
    int is_all_done = 0;
    std::vector<MPI_Status> statuses(requests.size());
    if (MPI_Testall(static_cast<int>(requests.size()), requests.data(), &is_all_done,
                    statuses.data()) != MPI_SUCCESS) {
      fail(call.comm, "a message is larger than its receive");
      requests.clear();
      return true;
    }
    if (is_all_done != 0) requests.clear();
    return is_all_done != 0;
  }

  void begin() {
    is_begun = true;
    const Header header = header_of(call);
    if (call.kind == Kind::kSend) {
      sent.resize(sizeof(Header) + bytes_of(call));
      std::memcpy(sent.data(), header.data(), sizeof(Header));
      read_into(sent.data() + sizeof(Header));
      MPI_Isend(sent.data(), static_cast<int>(sent.size()), MPI_BYTE, call.peer, 0, call.comm->comm,
                &requests.emplace_back());
    } else if (call.kind == Kind::kRecv) {
      received.resize(sizeof(Header) + bytes_of(call));
      MPI_Irecv(received.data(), static_cast<int>(received.size()), MPI_BYTE, call.peer, 0,
                call.comm->comm, &requests.emplace_back());
    } else {
      headers.resize(static_cast<std::size_t>(call.comm->size) + 1);
      headers.back() = header;
      MPI_Iallgather(headers.back().data(), sizeof(Header), MPI_BYTE, headers.data(),
                     sizeof(Header), MPI_BYTE, call.comm->comm, &requests.emplace_back());
    }
  }

  void read_into(std::byte* to) {
    const Access from = sends(call);
    if (device().is_live(from, "a send buffer when it is read") && from.size > 0) {
      std::memcpy(to, from.address, from.size);
    }
  }

  // Whether the call is done.
  bool step() {
    if (is_done) return true;
    if (!is_begun) begin();
    if (!requests_done()) return false;
    if (is_message()) {
      if (call.kind == Kind::kRecv) take_message();
      return is_done = true;
    }
    if (!has_headers) {
      has_headers = true;
      for (std::size_t i = 0; i + 1 < headers.size(); ++i) {
        if (headers[i] == headers.back()) continue;
        fail(call.comm,
             "members of a communicator have called different collectives, counts or types");
        return is_done = true;
      }
      sent.resize(sends(call).size);
      received.resize(sent.size() * static_cast<std::size_t>(call.comm->size));
      read_into(sent.data());
      MPI_Iallgather(sent.data(), static_cast<int>(sent.size()), MPI_BYTE, received.data(),
                     static_cast<int>(sent.size()), MPI_BYTE, call.comm->comm,
                     &requests.emplace_back());
      return false;
    }
    if (device().is_live(receives(call), "a receive buffer when it is written")) take_collective();
    return is_done = true;
  }

  void take_message() {
    const Header header = header_of(call);
    if (std::memcmp(received.data(), header.data(), sizeof(Header)) != 0) {
      fail(call.comm, "a receive does not get the count and type that it asks for");
    } else if (device().is_live(receives(call), "a receive buffer when it is written")) {
      std::memcpy(call.receive, received.data() + sizeof(Header), bytes_of(call));
    }
  }

  void take_collective() {
    const std::size_t block = bytes_of(call);
    const auto ranks = static_cast<std::size_t>(call.comm->size);
    const auto rank = static_cast<std::size_t>(call.comm->rank);
    if (call.kind == Kind::kAllGather) {
      std::memcpy(call.receive, received.data(), received.size());
    } else if (call.kind == Kind::kAllToAll) {
      for (std::size_t from = 0; from < ranks; ++from) {
        std::memcpy(call.receive + from * block, received.data() + (from * ranks + rank) * block,
                    block);
      }
    } else {
      const std::size_t offset = call.kind == Kind::kReduceScatter ? rank * block : 0;
      for (std::size_t i = 0; i < call.count; ++i) sum(i, offset, ranks);
    }
  }

  // In fp32, in the order of ranks, rounded once.
  void sum(std::size_t i, std::size_t offset, std::size_t ranks) {
    const std::size_t size = size_of(call.type);
    float total = 0;
    for (std::size_t from = 0; from < ranks; ++from) {
      const std::byte* place = received.data() + from * sent.size() + offset + i * size;
      float value = 0;
      if (call.type == ncclBfloat16) {
        BFloat16 narrow{};
        std::memcpy(&narrow, place, size);
        value = to_float(narrow);
      } else {
        std::memcpy(&value, place, size);
      }
      total += value;
    }
    if (call.type == ncclBfloat16) {
      const BFloat16 narrow = to_bfloat16(total);
      std::memcpy(call.receive + i * size, &narrow, size);
    } else {
      std::memcpy(call.receive + i * size, &total, size);
    }
  }
};

// Calls of one communicator and stream that run at once; batches of a communicator one after
// another.
struct Batch {
  ncclComm_t comm = nullptr;
  std::uint64_t turn = 0;
  std::vector<Running> calls;

  bool step() {
    if (comm->done + 1 != turn) return false;
    bool is_done = true;
    for (Running& running : calls) is_done = running.step() && is_done;
    if (is_done) ++comm->done;
    return is_done;
  }
};

void launch(std::vector<Call> calls) {
  while (!calls.empty()) {
    ncclComm_t comm = calls.front().comm;
    cudaStream_t stream = calls.front().stream;
    auto batch = std::make_shared<Batch>();
    batch->comm = comm;
    batch->turn = ++comm->given;
    std::vector<Access> accesses;
    std::erase_if(calls, [&](const Call& call) {
      if (call.comm != comm || call.stream != stream) return false;
      accesses.push_back(sends(call));
      accesses.push_back(receives(call));
      batch->calls.emplace_back(call);
      return true;
    });
    comm->polls_to_settle = kPollsToSettle;
    device().give(stream, accesses, [batch] { return batch->step(); });
  }
}

ncclResult_t give(const char* name, const Call& call) {
  device().count(name);
  if (library().comms.count(call.comm) == 0 || !device().knows(call.stream)) {
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
  if (library().comms.count(comm) == 0 || comm->polls_to_settle > 0) {
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
  if (library().comms.count(comm) == 0) {
    device().complain("ncclCommGetAsyncError of an unknown communicator");
    return ncclInvalidArgument;
  }
  if (library().does_advance_by_polls) device().progress();
  *asyncError = library().has_broken_peers ? ncclRemoteError : comm->fault;
  if (*asyncError != ncclSuccess || comm->polls_to_settle == 0) return ncclSuccess;
  if (--comm->polls_to_settle == 0) {
    if (comm->split != nullptr) *comm->split = comm->child;
    comm->split = nullptr;
  } else {
    *asyncError = ncclInProgress;
  }
  return ncclSuccess;
}

ncclResult_t ncclCommFinalize(ncclComm_t comm) {
  if (library().comms.count(comm) == 0) return ncclInvalidArgument;
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

namespace seqspan::real {

std::string double_complaints() {
  std::string text = device().report();
  if (library().group_depth != 0) text += "an NCCL group was left open\n";
  if (!library().comms.empty())
    text += fmt::format("leak: {} communicators\n", library().comms.size());
  return text;
}

int double_calls(const std::string& call) { return device().calls(call); }
void double_set_nccl_version(int version) { library().version = version; }
void double_set_gpu_count(int count) { device().gpu_count = count; }
void double_break_peers() { library().has_broken_peers = true; }
void double_advance_by_queries_only() { library().does_advance_by_polls = false; }

void double_reset() {
  int ranks = 1;
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  device().gpu_count = ranks;
  library().version = NCCL_VERSION_CODE;
  library().has_broken_peers = false;
  library().does_advance_by_polls = true;
}

}  // namespace seqspan::real

// NOLINTEND(readability-identifier-naming)
