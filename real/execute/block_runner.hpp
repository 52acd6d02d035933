// Runs the blocks of a program's parts for one rank: the third reader of a program.
//
// Every tensor is memory of the transport, from the op that first writes it to the op that needs it
// last, by the rule of the memory reader (sim/engine/block_memory.hpp): what is saved stays from
// forward to backward, what exists before a loop stays until it ends, carried tensors change hands
// at the end of an iteration. Communications run on their stream, over the groups of their axis;
// streams wait for each other through events where one's tensor is another's, and where memory
// changes hands.
//
// Compute is one of
//   kernels   (--check) the op's kernel on the host, in float32. Each op ends before the next
//   begins,
//             and memory is filled with NaN when it is taken, so that a tensor that nobody writes
//             shows.
//   waits     (--time) the op's predicted time on its stream; numbers mean nothing then.
//
// A communication of which an operand is larger or smaller than what travels (a shard inside its
// whole, a length that the ranks do not divide) goes through memory of its own, which is not
// counted.
//
// Errors: kInput where an op has no kernel, or a kernel finds a tensor too short; kEnvironment as
// the transport and the watchdog (real/transport/watchdog.hpp) have them. The runner is of no use
// after an error.
#pragma once

#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "real/execute/axis_groups.hpp"
#include "real/execute/kernel.hpp"
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
  struct State {
    bool saved = false;
    bool keep = false;
    bool held = false;
    std::int64_t last_use = -1;
    std::int64_t ring_owner = 0;
    std::vector<MemoryBlock*> copies;
  };

  [[nodiscard]] sim::Result<ExecutedBlock> run(const sim::Block& block);
  [[nodiscard]] sim::Result<void> walk(const sim::Block& block);
  [[nodiscard]] sim::Result<void> run_loop(const sim::Loop& loop);
  [[nodiscard]] sim::Result<void> run_op(std::size_t index, std::int64_t iteration);
  [[nodiscard]] sim::Result<void> run_kernel(const sim::Op& op);
  [[nodiscard]] sim::Result<void> communicate(std::size_t index, std::int64_t iteration);
  [[nodiscard]] sim::Result<Exchange> exchange_of(const sim::Op& op);
  [[nodiscard]] sim::Result<Memory> fitted(const Memory& tensor, sim::Bytes size,
                                           std::int64_t place, bool receives);
  [[nodiscard]] sim::Result<void> settle_fitted();
  void note_ring_owner(const sim::Op& op);

  [[nodiscard]] sim::MemoryRole role_in(const State& tensor, sim::TensorId id) const;
  [[nodiscard]] sim::Result<void> take(sim::TensorId id);
  void release(sim::TensorId id);
  void release_after(std::size_t op, sim::TensorId id);
  // All copies, but for those that are saved the last one stays where `keeps_saved`; likewise
  // outputs.
  void release_all(const sim::Operands& outputs, bool keeps_saved);
  void find_last_uses(const sim::Block& block);
  void carry(const sim::Loop& loop);

  [[nodiscard]] sim::Result<void> wait_for_users(const sim::Op& op);
  [[nodiscard]] sim::Result<void> note_use(std::size_t index);
  [[nodiscard]] sim::Result<void> finish_all();
  [[nodiscard]] sim::Result<Operand> operand(sim::TensorId id);
  // Host bytes of memory, and back; nothing runs that touches it.
  [[nodiscard]] sim::Result<void> read(const Memory& from, std::span<std::byte> to);
  [[nodiscard]] sim::Result<void> write(std::span<const std::byte> from, const Memory& to);
  [[nodiscard]] sim::Result<sim::TensorId> find(const std::string& tensor) const;

  [[nodiscard]] State& state(sim::TensorId id) { return states_[sim::index_of(id) - first_]; }
  [[nodiscard]] StreamId stream_of(const sim::Op& op) const {
    return streams_[static_cast<std::size_t>(op.stream)];
  }
  [[nodiscard]] bool computes() const { return options_.share != nullptr; }

  // A piece that travels in place of a tensor.
  struct Fitted {
    Memory piece;
    Memory tensor;  // the part of it that the piece stands for
    bool receives = false;
  };
  // A copy of device memory for a kernel.
  struct HostCopy {
    std::vector<std::byte> bytes;
    Memory memory;
  };

  Transport& transport_;
  const sim::Program& program_;
  const AxisGroups& groups_;
  RoleAllocator& memory_;
  RunnerOptions options_;
  std::vector<StreamId> streams_;
  std::vector<std::optional<EventId>> events_;  // by op
  const sim::Part* part_ = nullptr;
  std::size_t first_ = 0;
  std::vector<State> states_;
  std::vector<std::pair<OpId, ExecutedOp>> running_;
  std::int64_t kernels_ = 0;  // since the block began, as are their
  sim::Flops flops_;
  std::vector<Fitted> fitted_;
  std::vector<Memory> pieces_;   // freed at the end of the block
  std::deque<HostCopy> copies_;  // of the kernel that is being called
};

}  // namespace seqspan::real
