#include "tests/real/double/nccl_work.hpp"

#include <mpi.h>

#include <array>
#include <cstring>
#include <memory>

#include "real/transport/bfloat16.hpp"
#include "tests/real/double/nccl_library.hpp"

namespace seqspan::real::twin {
namespace {

std::size_t bytes_of(const Call& call) { return call.count * size_of(call.type); }

using Header = std::array<std::uint64_t, 3>;  // kind, count, type

Header header_of(const Call& call) {
  const bool is_message = call.kind == Kind::kSend || call.kind == Kind::kRecv;
  return {is_message ? 0 : static_cast<std::uint64_t>(call.kind), call.count,
          static_cast<std::uint64_t>(call.type)};
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

}  // namespace

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
    const Kind kind = batch->calls.front().call.kind;
    if (kind != Kind::kSend && kind != Kind::kRecv && !comm->is_connecting) {
      comm->is_connecting = true;
      MPI_Ibarrier(comm->comm, &comm->connection);
    }
    device().give(stream, accesses, [batch] { return batch->step(); });
  }
}

}  // namespace seqspan::real::twin
