// The memory reader: what every pipeline stage holds at its peak, read off the Program.
//
//   peak(stage) = standing (parameters, gradients, optimizer state of its parts)
//               + (micro-batches in flight - 1) x saved bytes of one (with interleaving, of one
//               chunk's
//                 share of the layers; the loss keeps nothing for a micro-batch that waits, because
//                 its backward follows at once)
//               + the highest point of one more micro-batch, forward then backward
//               + communication buffers + runtime reserve
// and what it holds in the memory of its host: standing tensors there + micro-batches in flight x
// what one saves there.
// Within one micro-batch, forward piles up the saved bytes of part after part and backward takes
// them off again; each part's own peak stands on what its predecessors have saved.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "sim/engine/block_memory.hpp"
#include "sim/program/program.hpp"

namespace seqspan::sim {

// What the memory report groups bytes by.
enum class MemoryRole : std::uint8_t {
  kParameters,
  kGradients,
  kOptimizerState,
  kSavedActivations,
  kTransient,
  kCommunicationBuffers,
  kRuntime,
};
inline constexpr std::size_t kMemoryRoleCount = 7;
using MemoryByRole = std::array<Bytes, kMemoryRoleCount>;

[[nodiscard]] const char* name_of(MemoryRole role);
// Of an activation that is not saved: transient.
[[nodiscard]] MemoryRole memory_role(Role role);

// The moment of a stage's peak.
struct PeakMoment {
  std::size_t run = 0;        // index into Program::runs
  std::int64_t instance = 0;  // which of the run's equal parts, from the stage's first
  bool backward = false;
  std::size_t op = 0;  // index into Program::ops
};

struct StageMemory {
  std::int64_t stage = 0;
  Bytes peak;
  MemoryByRole by_role{};
  PeakMoment moment;
};

// In the memory of the host for one GPU, while all that is saved is there.
struct HostMemory {
  Bytes bytes;
  MemoryByRole by_role{};
};

// How often a chunk of a stage runs a part: the layers of a stage are dealt to its v chunks, the
// embedding and the loss belong to one of them.
[[nodiscard]] std::int64_t instances_per_chunk(const Program& program, const PartRun& run);

// A standing tensor that the layers of a stage share; two that are equal are one (is_same_shared).
struct SharedTensor {
  std::array<std::int64_t, Shape::kMaxRank> extents{};  // 0 beyond the rank
  Bytes bytes;
  Role role = Role::kGradient;
  DataType data_type = DataType::kBFloat16;

  bool operator==(const SharedTensor&) const = default;
};

// Standing tensors of one part.
struct PartStanding {
  // Matrices of a layer: five of attention, four of experts.
  static constexpr std::size_t kMostShared = 12;

  PartKind kind = PartKind::kLayer;
  MemoryByRole on_gpu{};
  MemoryByRole on_host{};
  std::array<SharedTensor, kMostShared> shared{};
  std::size_t shared_count = 0;
};

class StepMemoryReader {
 public:
  // Bytes outside the program: `communication_buffers` of every communicator, `runtime` per GPU.
  void begin(const Program& program, Bytes communication_buffers, Bytes runtime);
  // The same in parts: what is there after the first two is read off the program, or was read off
  // another that has the same (layout_readings.hpp). `begin_stages` reads stages alone; they may
  // be written anew afterwards.
  void read_blocks(const Program& program);
  void read_standing(const Program& program);
  void take_block(const PartMemory& part) { parts_.push_back(part); }
  void take_standing(std::span<const PartStanding> parts) {
    standing_.assign(parts.begin(), parts.end());
  }
  void clear_blocks() { parts_.clear(); }
  void begin_stages(const Program& program, Bytes communication_buffers, Bytes runtime);

  // The stage that needs most. Allocates nothing once the reader has seen a program of this size.
  [[nodiscard]] StageMemory peak() const;
  // Of the stage that has most of it: parameters, gradients and optimizer state, whatever runs. No
  // peak is below.
  [[nodiscard]] Bytes standing() const;
  // The stage that needs most of its host.
  [[nodiscard]] HostMemory on_host() const;
  // One stage.
  [[nodiscard]] StageMemory stage(std::int64_t index) const;

  [[nodiscard]] const PartMemory& part(std::size_t index) const { return parts_[index]; }
  [[nodiscard]] std::span<const PartStanding> standing_parts() const { return standing_; }

 private:
  [[nodiscard]] std::int64_t per_chunk(const PartRun& run) const;
  [[nodiscard]] StageMemory read(const StageClass& stage_class, std::int64_t index) const;
  [[nodiscard]] MemoryByRole standing(const StageClass& stage_class) const;
  [[nodiscard]] HostMemory on_host(const StageClass& stage_class, std::int64_t index) const;
  // Adds what all layers of the stage share, each once.
  void add_shared(const StageClass& stage_class, MemoryByRole& by_role) const;

  const Program* program_ = nullptr;
  Bytes communication_buffers_;
  Bytes runtime_;
  BlockMemoryReader blocks_;
  std::vector<PartMemory> parts_;
  std::vector<PartStanding> standing_;
};

}  // namespace seqspan::sim
