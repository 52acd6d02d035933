// Every number of a simulation with its formula: what `seqspan explain JOB --layout L` shows.
//
// The formulas are traced from the code of the readers (sim/formula/formula.hpp): the times are
// those that the clock puts on streams, the bytes those that the memory reader counts.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/engine/simulator.hpp"
#include "sim/formula/formula.hpp"

namespace seqspan::sim {

// What is known of a communication beside its time.
struct ExplainedCommunication {
  Communication work;
  std::int64_t group_size = 1;
  std::int64_t groups = 1;          // of the axis, all at once; they share links
  std::int64_t domains = 1;         // NVLink domains of the group
  std::int64_t domain_members = 1;  // of the group in one domain
  Bytes sent;                       // by one GPU
  Bytes message;
  nccl::Algorithm algorithm = nccl::Algorithm::kRing;
  nccl::Protocol protocol = nccl::Protocol::kSimple;
  Bound bound = Bound::kNothing;
  TimedBy timed_by = TimedBy::kModel;
  Formula interference;  // part of its speed that compute beside it loses
};

struct ExplainedOp {
  const char* name = "";
  Pass pass = Pass::kForward;
  const char* per = "";         // "layer, micro-batch"
  std::int64_t executions = 0;  // of a step, on one GPU of the block's stage
  Formula formula;              // its value: seconds of one execution
  // Of a communication what compute waits for it in a step, of compute what it loses beside
  // communication; of the busiest stage.
  Seconds exposed;
  std::optional<ExplainedCommunication> communication;

  [[nodiscard]] Seconds seconds() const { return Seconds(formula.value()); }
  [[nodiscard]] Seconds per_step() const { return seconds() * static_cast<double>(executions); }
};

struct ExplainedBlock {
  const char* part = "";   // "layer"
  const char* name = "";   // "forward", "backward" or "update"
  std::int64_t stage = 0;  // whose executions are counted: the busiest that runs it
  std::vector<ExplainedOp> ops;
};

struct ExplainedTensor {
  const char* name = "";
  MemoryRole role = MemoryRole::kTransient;
  Formula formula;  // its value: bytes of all copies
};

struct ExplainedMemory {
  Formula peak;
  Formula in_flight;                     // micro-batches (chunks) whose activations the stage holds
  std::vector<ExplainedTensor> tensors;  // alive at the peak, the largest first
  // What the report counts as saved beyond those of them that are: saved tensors that backward has
  // freed before the peak, less those that forward has only just written. It is taken off what the
  // report calls transient, so that the peak is the same.
  Bytes saved_beyond;
  struct Buffers {
    Axis axis = Axis::kTensor;
    Formula formula;
  };
  std::vector<Buffers> buffers;  // of the communicator of each axis
};

struct Explanation {
  Simulation simulation;
  std::vector<ExplainedBlock> blocks;  // without those that have no ops
  ExplainedMemory memory;
  Formula step;
  // One micro-batch of the busiest stage, with what the host takes to issue it; empty where the
  // device has no `host`. Forward and backward in a pipeline, else both together.
  std::vector<Formula> host;
  std::vector<Formula> throughput;  // tokens per GPU and second, model FLOP/s per GPU, MFU
};

}  // namespace seqspan::sim
