// Runs the blocks of a program's parts for one rank: the third reader of a program.
//
// Every tensor is memory of the transport for as long as the memory reader says (part_tensors.hpp).
// Communications run on their stream, over the groups of their axis (op_exchanges.hpp); streams
// wait for each other where one's tensor is another's, and where memory changes hands
// (op_streams.hpp).
//
// Compute is one of
//   kernels   (--check) the op's kernel on the host (run_kernel.hpp), in float32. Each op ends
//             before the next begins, and memory is filled with NaN when it is taken, so that a
//             tensor that nobody writes shows.
//             Copies to the host and back are made, to memory of the runner.
//   waits     (--time) the op's predicted time on its stream; numbers mean nothing then.
//
// Errors: kInput where an op has no kernel, or a kernel finds a tensor too short; kEnvironment as
// the transport and the watchdog (real/transport/watchdog.hpp) have them. The runner is of no use
// after an error.
#pragma once

#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "real/execute/axis_groups.hpp"
#include "real/execute/host_access.hpp"
#include "real/execute/layer_share.hpp"
#include "real/execute/op_exchanges.hpp"
#include "real/execute/op_streams.hpp"
#include "real/execute/part_tensors.hpp"
#include "real/execute/role_allocator.hpp"
#include "sim/program/program.hpp"

namespace seqspan::real {

// A communication as it was executed.
struct ExecutedOp {
  std::size_t op = 0;          // index into Program::ops
  std::int64_t iteration = 0;  // of the loop around it
  sim::Bytes sent;             // by this rank to others, as given to the library
  std::int64_t messages = 1;   // given to it at once
  sim::Seconds reached;        // by its stream, from the start of the block
  sim::Seconds time;           // from then on
};

struct ExecutedBlock {
  RolePeak peak;            // with what was live before
  sim::MemoryByRole taken;  // by every take of the block, inputs included
  std::vector<ExecutedOp> communications;
  std::int64_t kernels = 0;  // that ran; --check only
  sim::Flops flops;          // that they counted
  sim::Seconds time;         // from the first op to the last one's end; --time only
};

struct RunnerOptions {
  // Kernels where set, waits where not.
  const LayerShare* share = nullptr;
  // By op of the program; for waits.
  std::span<const sim::Seconds> durations;
  sim::Seconds limit{30};  // of one communication
};

class BlockRunner {
 public:
  // All must outlive the runner.
  BlockRunner(Transport& transport, const sim::Program& program, const AxisGroups& groups,
              RoleAllocator& memory, RunnerOptions options);

  // Makes the streams. Once, before all else.
  [[nodiscard]] sim::Result<void> open();

  // Takes the standing tensors of a part, and forgets the part before.
  [[nodiscard]] sim::Result<void> begin(const sim::Part& part);
  // Takes the inputs of the block where they are not there, runs it, and lets go of all but its
  // outputs and, after forward, what is saved for backward.
  [[nodiscard]] sim::Result<ExecutedBlock> forward();
  [[nodiscard]] sim::Result<ExecutedBlock> backward();
  [[nodiscard]] sim::Result<ExecutedBlock> update();
  // Gives back all that the part still has.
  [[nodiscard]] sim::Result<void> end();

  // The numbers of a tensor by its name in the current part, taken where it is not there: inputs
  // before a block, outputs after it. kInput where the part has no such tensor.
  [[nodiscard]] sim::Result<void> set(const std::string& tensor, std::span<const float> values);
  [[nodiscard]] sim::Result<std::vector<float>> get(const std::string& tensor);

 private:
  [[nodiscard]] sim::Result<ExecutedBlock> run(const sim::Block& block);
  [[nodiscard]] sim::Result<void> walk(const sim::Block& block);
  [[nodiscard]] sim::Result<void> run_loop(const sim::Loop& loop);
  [[nodiscard]] sim::Result<void> run_op(std::size_t index, std::int64_t iteration);
  [[nodiscard]] sim::Result<void> compute(std::size_t index);
  [[nodiscard]] sim::Result<void> communicate(std::size_t index, std::int64_t iteration);
  [[nodiscard]] sim::Result<void> copy(const sim::Op& op);
  void pass_ring_owners(const sim::Op& op);
  // Memory for a tensor that has none, or another copy of one that is kept per iteration.
  [[nodiscard]] sim::Result<void> take(sim::TensorId id);

  [[nodiscard]] bool computes() const { return options_.share != nullptr; }

  Transport& transport_;
  const sim::Program& program_;
  const AxisGroups& groups_;
  RoleAllocator& memory_;
  RunnerOptions options_;
  PartTensors tensors_;
  OpStreams streams_;
  HostAccess host_;
  OpExchanges exchanges_;
  const sim::Part* part_ = nullptr;
  std::map<sim::TensorId, std::vector<std::byte>> on_host_;  // of the part; with kernels only
  // Since the block began:
  std::vector<std::pair<OpId, ExecutedOp>> communications_;
  std::int64_t kernels_ = 0;
  sim::Flops flops_;
};

}  // namespace seqspan::real
