// One pipeline stage of a step as the allocator sees it: every tensor of its parts, made and freed
// in the order in which the host does (reserved_memory.hpp has that order).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "sim/engine/block_memory.hpp"
#include "sim/engine/caching_allocator.hpp"
#include "sim/engine/pipeline_schedule.hpp"
#include "sim/program/program.hpp"

namespace seqspan::sim {

// The program must outlive it.
class StageWalk {
 public:
  StageWalk(const Program& program, const StageClass& stage, SegmentKind kind,
            std::optional<Bytes> limit, std::int64_t most_micro_batches);

  // Parameters first, then the steps. False: out of memory, where the walk ends.
  [[nodiscard]] bool run(std::int64_t steps);
  [[nodiscard]] const CachingAllocator& allocator() const { return allocator_; }

 private:
  using Allocation = CachingAllocator::Allocation;
  using Allocations = std::vector<Allocation>;

  struct PartEvents {
    std::vector<MemoryEvent> forward;
    std::vector<MemoryEvent> backward;
  };

  // One part of the stage: a layer, the embedding or the loss.
  struct Instance {
    std::size_t part = 0;
    std::vector<Allocations> standing;  // by tensor of the part
  };

  struct SavedTensor {
    std::size_t slot = 0;
    Allocation allocation{};
  };

  void deal_chunks();
  void make_standing();
  void step();
  void chunk(const PipelineSlot& slot);
  void block(std::size_t index, const PipelineSlot& slot);
  void play(const std::vector<MemoryEvent>& events, Instance& instance);
  void take_inputs(const Block& block);
  void leave(const Block& block, std::vector<SavedTensor>* saved);
  void end_backward(Instance& instance);
  void update(Instance& instance);
  void forget_gradients(Instance& instance);

  void allocate(const Tensor& tensor, Allocations& into) {
    allocate(tensor.pool, tensor.bytes, into);
  }
  void allocate(MemoryPool pool, Bytes bytes, Allocations& into);
  void free(Allocations& allocations);
  [[nodiscard]] bool runs(std::size_t op) const;
  [[nodiscard]] const Part& part_of(const Instance& instance) const {
    return program_.parts[instance.part];
  }
  [[nodiscard]] std::size_t slot_of(TensorId id) const { return index_of(id) - first_tensor_; }

  const Program& program_;
  CachingAllocator allocator_;
  std::int64_t micro_batches_;
  bool out_of_memory_ = false;
  std::vector<PartEvents> events_;                  // by part of the program
  std::vector<std::vector<std::uint8_t>> updated_;  // likewise: tensors that the update reads
  std::vector<Instance> instances_;
  std::vector<std::vector<std::size_t>> chunks_;  // instances, in forward order
  std::vector<Allocations> shared_;               // standing tensors of all layers
  std::vector<PipelineSlot> slots_;
  std::vector<std::vector<SavedTensor>> saved_;  // by micro-batch and instance
  // Of the block that is walked.
  std::size_t first_tensor_ = 0;
  std::vector<Allocations> live_;
  std::vector<Allocations> handed_;  // outputs of the block before
  std::int64_t micro_batch_ = 0;
};

}  // namespace seqspan::sim
