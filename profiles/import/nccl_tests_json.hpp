// The JSON file that nccl-tests writes with -J (versions 1 and 2 of its format, src/util.cu):
//
//   {"start_time": "2026-05-18 23:43:43", "args": ["./all_gather_perf", ...],
//    "config": {"nthreads": 1, "ngpus": 1, "devices": [{"rank": 0, "hostname": "a", ...}, ...]},
//    "results": [{"size": 1024, "out_of_place": {"time": 16.4, "alg_bw": 0.06, "bus_bw": 0.05,
//                 "nwrong": 0.0}, "in_place": {...} or null}, ...]}
//
// One device is listed per process, so the ranks are the devices x nthreads x ngpus. Keys that are
// not named here are ignored: the format is not ours.
#pragma once

#include <string>

#include "profiles/import/raw_log.hpp"
#include "sim/spec/json/value.hpp"

namespace seqspan::profiles {

[[nodiscard]] sim::Result<RawLog> read_nccl_tests_json(const sim::json::Value& document,
                                                       const std::string& file);

}  // namespace seqspan::profiles
