// Measures how long the GEMMs of a program take on this rank's GPU: cuBLASLt with bf16 in and out
// and sums in fp32, by the first algorithm of its heuristic.
//
// As a framework's linear layer: y[m, n] = x[m, k] w[n, k]^T, rows one after another; the GEMMs of
// the backward pass differ in which operand is transposed, and are timed as this one of their m, n
// and k. `groups` products are one strided batch. Operands are random: a GPU that multiplies zeros
// draws less power, and clocks higher. They are the same in every repetition, so that a small one
// may lie in the cache.
//
// Products follow each other without a gap, and the first are not counted until the GPU has been
// busy for `warm_up`: a GPU at its power limit lowers its clock. On an H100 (700 W) single products
// with pauses reach 0.81 of the peak, a stream of them 0.70.
//
// Errors: kEnvironment: no GPU, no cuBLASLt, built without either, no memory, no algorithm.
#pragma once

#include <memory>
#include <vector>

#include "sim/errors/error.hpp"
#include "sim/program/program.hpp"
#include "sim/units/units.hpp"

namespace seqspan::real {

struct GemmOptions {
  sim::Seconds warm_up{0.3};
  std::int64_t repetitions = 11;
  sim::Seconds limit{30};  // of one product
};

class GemmTimer {
 public:
  GemmTimer() = default;
  GemmTimer(const GemmTimer&) = delete;
  GemmTimer& operator=(const GemmTimer&) = delete;
  virtual ~GemmTimer() = default;

  // By repetition.
  [[nodiscard]] virtual sim::Result<std::vector<sim::Seconds>> time(const sim::Gemm& gemm,
                                                                    const GemmOptions& options) = 0;
};

// On the GPU that this process uses already.
[[nodiscard]] sim::Result<std::unique_ptr<GemmTimer>> make_gemm_timer();

// Each shape once, in the order of the program.
[[nodiscard]] std::vector<sim::Gemm> gemms_of(const sim::Program& program);

}  // namespace seqspan::real
