// The collectives that benchmarks measure, by nccl-tests' names, and nccl-tests' two bandwidths.
//
// Size S of a measurement is nccl-tests': the gathered buffer of an all-gather, the buffer before a
// reduce-scatter, one rank's send buffer of an all-to-all, the message of a send and receive.
//   algbw = S / time,  busbw = algbw x busbw_factor
//   busbw_factor of n ranks: all_reduce 2 (n-1)/n; all_gather, reduce_scatter, alltoall, gather,
//   scatter, hypercube (n-1)/n; broadcast, reduce, sendrecv, point_to_point 1
// (nccl-tests, the GetBw functions under src/).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace seqspan::profiles {

enum class CollectiveKind : std::uint8_t {
  kAllReduce,
  kAllGather,
  kReduceScatter,
  kAllToAll,
  kSendReceive,  // sendrecv_perf: every rank sends to its successor, the last to the first
  kBroadcast,
  kReduce,
  kGather,
  kScatter,
  kHypercube,
  kPointToPoint,  // one sender, one receiver: osu_latency, osu_bw
};
inline constexpr auto kLastCollectiveKind = CollectiveKind::kPointToPoint;

// "all_reduce", "alltoall", "sendrecv", ...
[[nodiscard]] const char* name_of(CollectiveKind kind);
[[nodiscard]] std::vector<std::string> collective_names();

// Underscores, hyphens and case do not matter: "AllReduce" is all_reduce, "all_to_all" alltoall.
[[nodiscard]] std::optional<CollectiveKind> collective_named(std::string_view name);

[[nodiscard]] double busbw_factor(CollectiveKind kind, std::int64_t ranks);

}  // namespace seqspan::profiles
