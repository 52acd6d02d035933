// A Program: what one rank executes in one training step. Everything that seqspan answers is read
// off it (sim/engine/memory_reader.hpp, sim/engine/time_reader.hpp), and `validate` runs it.
//
//   Part    one kind of layer, the embedding, or the loss: a forward, a backward (recomputation
//           included) and an update block over one set of tensors.
//   Block   ops in the order in which the host issues them, with loops for the hops of a ring.
//   Stage   which parts a pipeline stage runs, and how often: equal layers share one part, so that
//           no reader's cost grows with layers, micro-batches or GPUs.
//
// Ranks that differ only in work that cannot decide the step share one program: of a contiguous
// causal ring it is the last rank, which has the most unmasked pairs at every hop, and therefore
// never waits for a neighbour's compute (sim/lower/attention/ring.hpp has the argument).
#pragma once

#include <cstdint>
#include <vector>

#include "sim/program/op.hpp"

namespace seqspan::sim {

// At the end of an iteration (of a loop, or of a block that repeats) `from` becomes `to`.
// The old `to` is freed, or kept until the end of the block where the framework keeps it.
struct Carry {
  TensorId from{};
  TensorId to{};
  bool keep_old = false;
};

// Ops [first, first + count) of the block's program run `times` times.
struct Loop {
  std::size_t first = 0;
  std::size_t count = 0;
  std::int64_t times = 0;
  std::array<Carry, 2> carries{};
  std::size_t carry_count = 0;
};

struct Block {
  const char* name = "";
  std::size_t first_op = 0;
  std::size_t op_count = 0;
  std::size_t first_loop = 0;
  std::size_t loop_count = 0;
  Operands inputs;   // alive before the block, written by the block that ran before
  Operands outputs;  // alive after the block, whether or not the block itself reads them
};

using BlockIndex = std::size_t;

enum class PartKind : std::uint8_t { kEmbedding, kLayer, kLoss, kBoundary };

struct Part {
  const char* name = "";
  PartKind kind = PartKind::kLayer;
  std::size_t first_tensor = 0;
  std::size_t tensor_count = 0;
  BlockIndex forward = 0;
  BlockIndex backward = 0;
  BlockIndex update = 0;
};

struct PartRun {
  std::size_t part = 0;
  std::int64_t count = 0;

  bool operator==(const PartRun&) const = default;
};

// `count` consecutive pipeline stages with the same parts.
struct StageClass {
  std::int64_t first_stage = 0;
  std::int64_t count = 0;
  std::size_t first_run = 0;  // into Program::runs, in forward order
  std::size_t run_count = 0;

  bool operator==(const StageClass&) const = default;
};

// Ranks per group of each axis.
using GroupSizes = std::array<std::int64_t, kAxisCount>;

struct Program {
  std::vector<Tensor> tensors;
  std::vector<Op> ops;
  std::vector<Loop> loops;
  std::vector<Block> blocks;
  std::vector<Part> parts;
  std::vector<PartRun> runs;
  std::vector<StageClass> stages;
  // The hand-over between stages: its forward and backward blocks hold one op each. Absent: pp = 1.
  std::size_t boundary_part = kNoPart;
  std::int64_t pipeline_stages = 1;
  std::int64_t chunks_per_stage = 1;  // v of the interleaved schedule
  std::int64_t micro_batches = 1;     // per step and data parallel replica
  GroupSizes group_sizes{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};

  static constexpr std::size_t kNoPart = static_cast<std::size_t>(-1);

  // Empties the program and keeps its memory, so that lowering the next layout allocates nothing.
  void clear();

  [[nodiscard]] const Tensor& tensor(TensorId id) const { return tensors[index_of(id)]; }
  [[nodiscard]] std::int64_t group_size(Axis axis) const {
    return group_sizes[static_cast<std::size_t>(axis)];
  }
};

}  // namespace seqspan::sim
