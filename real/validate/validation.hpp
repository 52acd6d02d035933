// What `validate` finds: predicted against measured, op by op and block by block.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "real/execute/layer_check.hpp"
#include "real/measure/exchange_timer.hpp"
#include "sim/engine/step_memory.hpp"
#include "sim/program/op.hpp"
#include "sim/spec/layout.hpp"
#include "sim/units/units.hpp"

namespace seqspan::real {

// measured / predicted - 1.
[[nodiscard]] constexpr double error_of(sim::Seconds predicted, sim::Seconds measured) {
  return predicted.value() > 0 ? measured.value() / predicted.value() - 1 : 0;
}

// A communication of a block, all its executions together.
struct ValidatedOp {
  std::string block;  // "layer forward"
  std::string op;
  sim::Axis axis = sim::Axis::kTensor;
  sim::Collective collective = sim::Collective::kAllToAll;
  std::int64_t group_size = 1;    // as executed
  std::int64_t planned_size = 1;  // of the plan
  std::int64_t executions = 1;    // by one rank, in one run of the block
  sim::Bytes size;                // nccl-tests' size of one execution
  // By one rank in one execution.
  sim::Bytes predicted_sent;
  sim::Bytes measured_sent;
  sim::Seconds predicted;
  // Of one execution: the rank that came last, for it waits for nobody; over repetitions.
  MeasuredTime measured;

  [[nodiscard]] double error() const { return error_of(predicted, measured.median); }
  [[nodiscard]] bool bytes_agree() const { return predicted_sent == measured_sent; }
};

// A block with all its streams; only where the plan has as many ranks as were at hand.
struct ValidatedBlock {
  std::string name;
  sim::Seconds predicted;
  MeasuredTime measured;  // the slowest rank, over repetitions
  // Of the part alone, on the rank that holds most.
  sim::MemoryByRole predicted_peak{};
  sim::MemoryByRole measured_peak{};

  [[nodiscard]] double error() const { return error_of(predicted, measured.median); }
  [[nodiscard]] bool peaks_agree() const { return predicted_peak == measured_peak; }
};

// The numbers of a layer of small shapes in the plan's layout, or one like it on fewer ranks.
struct ValidatedNumbers {
  sim::Layout layout;
  std::string shapes;  // "s=64, h=32, a=8, g=2, d=8, f=16"
  LayerErrors errors;  // the largest of all ranks
  bool bytes_agree = true;
  bool peaks_agree = true;

  static constexpr double kTolerance = 1e-5;
  [[nodiscard]] bool agree() const {
    return errors.largest() <= kTolerance && bytes_agree && peaks_agree;
  }
};

struct Validation {
  std::string transport;  // "mpi"
  std::int64_t ranks = 1;
  std::int64_t hosts = 1;
  std::int64_t planned_ranks = 1;
  std::vector<std::string> notes;  // what was left out or done on fewer ranks
  std::vector<ValidatedOp> ops;
  std::vector<ValidatedBlock> blocks;
  std::optional<ValidatedNumbers> numbers;

  // Of the absolute errors of times; 0 without ops.
  [[nodiscard]] double median_op_error() const;
  [[nodiscard]] double worst_op_error() const;
  [[nodiscard]] bool bytes_agree() const;
  [[nodiscard]] bool peaks_agree() const;
};

}  // namespace seqspan::real
