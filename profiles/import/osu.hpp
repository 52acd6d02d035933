// What the OSU micro-benchmarks print (osu_latency, osu_bw, osu_allgather, osu_alltoall, ...):
//
//   # OSU MPI All-to-All Personalized Exchange Latency Test v7.3
//   # Size       Avg Latency(us)
//   1024                   12.34
//
// The title says which collective it is. Sizes of all-gather, all-to-all, gather and scatter are
// one peer's part there; nccl-tests' size is that times the ranks. Bandwidths (MB/s, 10^6 bytes)
// become times: size / bandwidth of a window of messages, with less latency than one message has,
// which is said in a warning. The log does not say ranks and nodes; osu_latency and osu_bw have 2.
#pragma once

#include <string>
#include <vector>

#include "profiles/import/raw_log.hpp"

namespace seqspan::profiles {

[[nodiscard]] bool is_osu(const std::vector<Line>& lines);
[[nodiscard]] sim::Result<RawLog> read_osu(const std::vector<Line>& lines, const std::string& file);

}  // namespace seqspan::profiles
