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

int MPI_Alltoall(const void* sendbuf, int sendcount, MPI_Datatype sendtype, void* recvbuf,
                 int recvcount, MPI_Datatype recvtype, MPI_Comm comm) {
  using namespace seqspan::oracle;
  record(Call::kAllToAll, comm, 0, others(comm) * sendcount, sendtype);
  return PMPI_Alltoall(sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype, comm);
}

int MPI_Allgather(const void* sendbuf, int sendcount, MPI_Datatype sendtype, void* recvbuf,
                  int recvcount, MPI_Datatype recvtype, MPI_Comm comm) {
  using namespace seqspan::oracle;
  record(Call::kAllGather, comm, 0, others(comm) * sendcount, sendtype);
  return PMPI_Allgather(sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype, comm);
}

int MPI_Reduce_scatter_block(const void* sendbuf, void* recvbuf, int recvcount,
                             MPI_Datatype datatype, MPI_Op op, MPI_Comm comm) {
  using namespace seqspan::oracle;
  record(Call::kReduceScatter, comm, 0, others(comm) * recvcount, datatype);
  return PMPI_Reduce_scatter_block(sendbuf, recvbuf, recvcount, datatype, op, comm);
}

int MPI_Isend(const void* buf, int count, MPI_Datatype datatype, int dest, int tag, MPI_Comm comm,
              MPI_Request* request) {
  seqspan::oracle::record_send(comm, dest, count, datatype);
  return PMPI_Isend(buf, count, datatype, dest, tag, comm, request);
}

int MPI_Send(const void* buf, int count, MPI_Datatype datatype, int dest, int tag, MPI_Comm comm) {
  seqspan::oracle::record_send(comm, dest, count, datatype);
  return PMPI_Send(buf, count, datatype, dest, tag, comm);
}

int MPI_Sendrecv(const void* sendbuf, int sendcount, MPI_Datatype sendtype, int dest, int sendtag,
                 void* recvbuf, int recvcount, MPI_Datatype recvtype, int source, int recvtag,
                 MPI_Comm comm, MPI_Status* status) {
  seqspan::oracle::record_send(comm, dest, sendcount, sendtype);
  return PMPI_Sendrecv(sendbuf, sendcount, sendtype, dest, sendtag, recvbuf, recvcount, recvtype,
                       source, recvtag, comm, status);
}

}  // extern "C"
