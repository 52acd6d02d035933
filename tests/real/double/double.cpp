#include "tests/real/double/double.hpp"

#include <fmt/format.h>
#include <mpi.h>
#include <nccl.h>

#include "tests/real/double/device.hpp"
#include "tests/real/double/nccl_library.hpp"

namespace seqspan::real {

using twin::device;
using twin::library;

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
