#include "tests/real/oracle/wire.hpp"

#include <mpi.h>

#include <array>
#include <utility>

namespace seqspan::oracle {
namespace {

std::vector<Sent> sent_so_far;

void record(Call call, MPI_Comm group, int offset, std::int64_t elements, MPI_Datatype type) {
  std::array<char, MPI_MAX_OBJECT_NAME> name{};
  int length = 0;
  PMPI_Comm_get_name(group, name.data(), &length);
  int element_bytes = 0;
  PMPI_Type_size(type, &element_bytes);
  sent_so_far.push_back({call, name.data(), offset, elements, element_bytes});
}

std::int64_t others(MPI_Comm group) {
  int size = 1;
  PMPI_Comm_size(group, &size);
  return size - 1;
}

void record_send(MPI_Comm group, int to, int count, MPI_Datatype type) {
  int size = 1;
  int rank = 0;
  PMPI_Comm_size(group, &size);
  PMPI_Comm_rank(group, &rank);
  if (to == rank) return;
  record(Call::kSend, group, (to - rank + size) % size, count, type);
}

}  // namespace

std::vector<Sent> take_sent() { return std::exchange(sent_so_far, {}); }

const char* name_of(Call call) {
  switch (call) {
    case Call::kAllToAll:
      return "all-to-all";
    case Call::kAllGather:
      return "all-gather";
    case Call::kReduceScatter:
      return "reduce-scatter";
    case Call::kSend:
      return "send";
  }
  return "";
}

}  // namespace seqspan::oracle

extern "C" {

int MPI_Alltoall(const void* send, int send_count, MPI_Datatype send_type, void* receive,
                 int receive_count, MPI_Datatype receive_type, MPI_Comm group) {
  using namespace seqspan::oracle;
  record(Call::kAllToAll, group, 0, others(group) * send_count, send_type);
  return PMPI_Alltoall(send, send_count, send_type, receive, receive_count, receive_type, group);
}

int MPI_Allgather(const void* send, int send_count, MPI_Datatype send_type, void* receive,
                  int receive_count, MPI_Datatype receive_type, MPI_Comm group) {
  using namespace seqspan::oracle;
  record(Call::kAllGather, group, 0, others(group) * send_count, send_type);
  return PMPI_Allgather(send, send_count, send_type, receive, receive_count, receive_type, group);
}

int MPI_Reduce_scatter_block(const void* send, void* receive, int receive_count, MPI_Datatype type,
                             MPI_Op operation, MPI_Comm group) {
  using namespace seqspan::oracle;
  record(Call::kReduceScatter, group, 0, others(group) * receive_count, type);
  return PMPI_Reduce_scatter_block(send, receive, receive_count, type, operation, group);
}

int MPI_Isend(const void* send, int count, MPI_Datatype type, int to, int tag, MPI_Comm group,
              MPI_Request* request) {
  seqspan::oracle::record_send(group, to, count, type);
  return PMPI_Isend(send, count, type, to, tag, group, request);
}

int MPI_Send(const void* send, int count, MPI_Datatype type, int to, int tag, MPI_Comm group) {
  seqspan::oracle::record_send(group, to, count, type);
  return PMPI_Send(send, count, type, to, tag, group);
}

int MPI_Sendrecv(const void* send, int send_count, MPI_Datatype send_type, int to, int send_tag,
                 void* receive, int receive_count, MPI_Datatype receive_type, int from,
                 int receive_tag, MPI_Comm group, MPI_Status* status) {
  seqspan::oracle::record_send(group, to, send_count, send_type);
  return PMPI_Sendrecv(send, send_count, send_type, to, send_tag, receive, receive_count,
                       receive_type, from, receive_tag, group, status);
}

}  // extern "C"
