#include "real/transport/mpi_exchange.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "real/transport/mpi_errors.hpp"

namespace seqspan::real {
namespace {

using sim::Collective;

// A message's place in the list is its tag: in a ring of two, both neighbours are one rank, and
// K must not be taken for V. Forward and backward have tags of their own.
sim::Result<void> post_messages(const Exchange& exchange, std::int64_t group_size,
                                const MpiTypes& types, MPI_Comm comm,
                                std::vector<MPI_Request>& requests) {
  const MPI_Datatype type = types.of(exchange.data_type);
  const auto size = static_cast<int>(group_size);
  int index = 0;
  MPI_Comm_rank(comm, &index);
  const bool wraps = exchange.collective == Collective::kRingShift;
  const int step = exchange.direction == Direction::kForward ? 1 : -1;
  const auto neighbour = [&](int by) {
    if (wraps) return (index + by + size) % size;
    return index + by < 0 || index + by >= size ? MPI_PROC_NULL : index + by;
  };
  requests.reserve(2 * exchange.messages.size());
  int tag = step > 0 ? 0 : 1;
  for (const Message& message : exchange.messages) {
    const int count = static_cast<int>(message.elements);
    if (!message.receive.empty()) {
      MPI_Request& request = requests.emplace_back(MPI_REQUEST_NULL);
      if (auto posted = check_mpi(MPI_Irecv(message.receive.address, count, type, neighbour(-step),
                                            tag, comm, &request),
                                  "MPI_Irecv", exchange.name);
          !posted) {
        return posted;
      }
    }
    if (!message.send.empty()) {
      MPI_Request& request = requests.emplace_back(MPI_REQUEST_NULL);
      if (auto posted = check_mpi(
              MPI_Isend(message.send.address, count, type, neighbour(step), tag, comm, &request),
              "MPI_Isend", exchange.name);
          !posted) {
        return posted;
      }
    }
    tag += 2;
  }
  return {};
}

}  // namespace

sim::Result<void> check_mpi_counts(const Exchange& exchange, const Group& group) {
  for (const Message& message : exchange.messages) {
    const std::int64_t block =
        message.elements / (is_divided(exchange.collective) ? group.size() : 1);
    if (block > std::numeric_limits<int>::max()) {
      return sim::input_error(
          fmt::format("{} elements in one block", block), describe(exchange, group),
          "MPI counts in 31 bits: at most 2147483647", "split the tensor, or use fewer tokens");
    }
  }
  return {};
}

sim::Result<void> post_mpi(const Exchange& exchange, std::int64_t group_size, const MpiTypes& types,
                           MPI_Comm comm, std::vector<MPI_Request>& requests) {
  if (is_shift(exchange.collective)) {
    return post_messages(exchange, group_size, types, comm, requests);
  }
  const Message& message = exchange.messages.front();
  if (message.elements == 0) return {};
  const MPI_Datatype type = types.of(exchange.data_type);
  const MPI_Op sum = types.sum_of(exchange.data_type);
  const int whole =
      static_cast<int>(std::min<std::int64_t>(message.elements, std::numeric_limits<int>::max()));
  const int block = static_cast<int>(message.elements / group_size);
  const void* send = message.send.address;
  void* receive = message.receive.address;
  MPI_Request& request = requests.emplace_back(MPI_REQUEST_NULL);
  switch (exchange.collective) {
    case Collective::kAllToAll:
      return check_mpi(MPI_Ialltoall(send, block, type, receive, block, type, comm, &request),
                       "MPI_Ialltoall", exchange.name);
    case Collective::kAllGather:
      return check_mpi(MPI_Iallgather(send, block, type, receive, block, type, comm, &request),
                       "MPI_Iallgather", exchange.name);
    case Collective::kReduceScatter:
      return check_mpi(MPI_Ireduce_scatter_block(send, receive, block, type, sum, comm, &request),
                       "MPI_Ireduce_scatter_block", exchange.name);
    default:
      return check_mpi(MPI_Iallreduce(send == receive ? MPI_IN_PLACE : send, receive, whole, type,
                                      sum, comm, &request),
                       "MPI_Iallreduce", exchange.name);
  }
}

}  // namespace seqspan::real
