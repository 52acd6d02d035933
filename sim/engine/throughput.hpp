// What a step's length means: tokens and model FLOPs of a GPU per second, and the share of its
// peak.
//
//   tokens = s B / step / GPUs    model FLOP/s = B FLOPs(s) / step / GPUs    MFU = that / peak
// s tokens of a sequence, B sequences of a step. With documents only tokens that are no padding
// count, and only pairs that see each other. FLOPs of a sequence: sim/spec/model_flops.hpp.
#pragma once

#include "sim/formula/numbers.hpp"
#include "sim/spec/job.hpp"
#include "sim/units/units.hpp"

namespace seqspan::sim {

// What rows packed of documents have of rows of one document.
struct RowContent {
  double tokens = 1;  // that are no padding
  double pairs = 1;   // of queries and keys that see each other
};

template <class Numbers>
struct ThroughputOf {
  NumberOf<Numbers, double> tokens;  // per GPU and second
  NumberOf<Numbers, FlopsPerSecond> model_flops;
  NumberOf<Numbers, double> mfu;
};

template <class Numbers>
[[nodiscard]] ThroughputOf<Numbers> throughput(const Numbers& in, const Job& job,
                                               const RowContent& row, Seconds step);

}  // namespace seqspan::sim
