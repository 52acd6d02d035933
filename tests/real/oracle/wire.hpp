// What this rank has sent to other ranks, counted where MPI is called: the test program defines
// MPI_Alltoall and the others itself and forwards to PMPI_Alltoall, the name that the MPI standard
// keeps for such profiling (MPI 3.1, section 14.2). No method counts its own bytes.
//
// n ranks, m elements of one rank's block as the call names them:
//   all-to-all       n blocks of m, the own one stays here       (n-1) m elements sent
//   all-gather       the own block goes to every other rank      (n-1) m
//   reduce-scatter   n blocks of m, the own one stays here       (n-1) m
//   send             m, to the rank named; none where that is this rank
// Sends are recorded when they are posted.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace seqspan::oracle {

enum class Call : std::uint8_t { kAllToAll, kAllGather, kReduceScatter, kSend };

struct Sent {
  Call call = Call::kSend;
  std::string group;  // the communicator's name (MPI_Comm_set_name)
  int offset = 0;     // send: places round the group to the receiver, 1 .. n - 1; else 0
  std::int64_t elements = 0;
  std::int64_t element_bytes = 0;

  [[nodiscard]] std::int64_t bytes() const { return elements * element_bytes; }
};

// Everything recorded since the last call, in the order of the calls.
[[nodiscard]] std::vector<Sent> take_sent();

[[nodiscard]] const char* name_of(Call call);

}  // namespace seqspan::oracle
