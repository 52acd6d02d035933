// How much of the GPU's memory one block needs, read off its ops in the order in which the host
// issues them.
//
// A tensor is allocated by the first op that writes it and freed after the last op that reads or
// writes it. What the backward block reads before writing it is saved by the forward block, and
// nothing else is: the saved bytes of a layer are a result, for every recomputation and every
// method. Frees happen in issue order, as a caching allocator sees them; what it
// reserves for them is another question (reserved_memory.hpp).
#pragma once

#include <cstdint>
#include <vector>

#include "sim/program/program.hpp"

namespace seqspan::sim {

struct BlockPeak {
  Bytes bytes;                 // what the part's own activations occupy at the block's peak
  std::size_t op = 0;          // index into Program::ops of the op that reaches it
  std::int64_t iteration = 0;  // of the loop around that op, counted from 0
};

struct PartMemory {
  BlockPeak forward;
  BlockPeak backward;
  Bytes saved;  // kept from forward to backward
  Bytes saved_on_host;
};

// A tensor that is alive at some moment.
struct LiveTensor {
  TensorId id{};
  std::int64_t copies = 0;
  bool saved = false;
};

// What the part's own activations occupy at an op, and of it what is kept from forward to backward.
struct LiveBytes {
  std::size_t op = 0;          // index into Program::ops
  std::int64_t iteration = 0;  // of the loop around that op
  Bytes bytes;                 // once the op's outputs are allocated
  Bytes saved;
};

// What a block does to memory, in the order of issue: what an allocator is asked for.
struct MemoryEvent {
  enum class Kind : std::uint8_t {
    kAllocate,
    kRelease,  // of all copies
    kMove,     // all copies become copies of `to`
    kWrite,    // of what stands
  };
  Kind kind = Kind::kAllocate;
  TensorId id{};
  TensorId to{};
  std::size_t op = 0;  // of kAllocate and kWrite, into Program::ops
};

class BlockMemoryReader {
 public:
  [[nodiscard]] PartMemory read(const Program& program, const Part& part);

  // The activations of the part that the block holds at its peak.
  [[nodiscard]] std::vector<LiveTensor> live_at_peak(const Program& program, const Part& part,
                                                     bool backward);
  // At every op of the block in the order of issue, all iterations of its loops run; before it what
  // the block starts with, as if at its first op. Empty for a block without ops.
  [[nodiscard]] std::vector<LiveBytes> series(const Program& program, const Part& part,
                                              bool backward);
  // All of the block, all iterations of its loops run. What is alive at its start is not allocated
  // by it; what is left at its end and neither saved nor an output is released there.
  [[nodiscard]] std::vector<MemoryEvent> events(const Program& program, const Part& part,
                                                bool backward);
  // Activations kept from forward to backward on the GPU.
  [[nodiscard]] std::vector<TensorId> saved_tensors(const Program& program, const Part& part);

 private:
  struct TensorState {
    bool saved = false;          // forward writes it, backward reads it first
    bool written = false;        // scratch
    bool keep = false;           // alive after the block
    bool held = false;           // by the loop that is being walked
    std::int64_t last_use = -1;  // the last op of the block that touches it
    std::int64_t copies = 0;
  };

  void begin(const Program& program, const Part& part);
  void find_last_uses(const Block& block);
  BlockPeak walk_forward();
  BlockPeak walk_backward();
  BlockPeak walk(const Block& block);
  void walk_loop(const Loop& loop);
  void walk_body(const Loop& loop, std::int64_t iteration);
  void skip_iterations(const Loop& loop, std::int64_t count);
  void walk_op(std::size_t index, std::int64_t iteration);
  void carry(const Loop& loop);
  void hold_for(const Loop& loop);
  void release_held(const Loop& loop);
  void allocate(TensorId id);
  void release(TensorId id);
  [[nodiscard]] TensorState& state(TensorId id) { return states_[index_of(id) - first_]; }
  void release_after(std::size_t op, TensorId id);
  void note(std::size_t op, std::int64_t iteration);
  void record(MemoryEvent::Kind kind, TensorId id, TensorId to = {}) {
    if (events_ != nullptr) events_->push_back({kind, id, to, op_});
  }
  // Of the GPU's memory; the blocks of a program free nothing of the host's.
  [[nodiscard]] bool is_activation(TensorId id) const {
    const Tensor& tensor = program_->tensor(id);
    return tensor.role == Role::kActivation && !tensor.on_host;
  }

  const Program* program_ = nullptr;
  const Part* part_ = nullptr;
  std::size_t first_ = 0;
  std::vector<TensorState> states_;
  std::vector<std::uint8_t> saved_;
  std::vector<std::uint8_t> scratch_;
  std::size_t op_ = 0;  // that is walked
  Bytes live_;
  BlockPeak peak_;
  // While set, walking stops right after the op of `peak_` and leaves `states_` as they were there.
  bool stop_at_peak_ = false;
  bool stopped_ = false;
  std::vector<LiveBytes>* series_ = nullptr;    // where every op is noted, if at all
  std::vector<MemoryEvent>* events_ = nullptr;  // likewise what it does
};

}  // namespace seqspan::sim
