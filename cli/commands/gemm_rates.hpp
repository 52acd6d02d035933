// The GEMMs of the layout that `profile run --job` names, timed on every rank's GPU at once.
//
// A table: m, n, k, groups, time in us of the slowest rank (median over repetitions), TFLOP/s, and
// the part of the device's peak. Its last line is the part of the peak of all of them together:
// FLOPs over times, the "efficiency.gemm" of a device profile.
#pragma once

#include <string>
#include <vector>

#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "cli/ranks.hpp"
#include "sim/program/op.hpp"
#include "sim/units/units.hpp"

namespace seqspan::cli {

struct GemmRate {
  sim::Gemm gemm;
  sim::Seconds time;
};

[[nodiscard]] std::string gemm_table(const std::vector<GemmRate>& rates, sim::FlopsPerSecond peak,
                                     const std::string& source);

// Collective; rank 0 writes the file that --gemms names, if any. Errors: as of the job;
// kEnvironment where there is no GPU or cuBLASLt, or the file cannot be written.
[[nodiscard]] sim::Result<void> measure_gemms(const ProfileArguments& arguments,
                                              const RankSession& ranks, sim::Seconds limit,
                                              Output& output);

}  // namespace seqspan::cli
