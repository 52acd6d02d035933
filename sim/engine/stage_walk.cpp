#include "sim/engine/stage_walk.hpp"

#include <algorithm>
#include <utility>

namespace seqspan::sim {
namespace {

// The order of a schedule does not depend on how long anything takes.
class EqualDurations : public SlotDurations {
 public:
  [[nodiscard]] double of(std::int64_t /*stage*/, const PipelineSlot& /*slot*/) const override {
    return 1;
  }
};

}  // namespace

StageWalk::StageWalk(const Program& program, const StageClass& stage, SegmentKind kind,
                     std::optional<Bytes> limit, std::int64_t most_micro_batches)
    : program_(program),
      allocator_(kind, limit),
      micro_batches_(std::min(program.micro_batches, most_micro_batches)),
      events_(program.parts.size()),
      updated_(program.parts.size()) {
  BlockMemoryReader reader;
  for (std::size_t r = 0; r < stage.run_count; ++r) {
    const PartRun& run = program.runs[stage.first_run + r];
    const Part& part = program.parts[run.part];
    events_[run.part] = {reader.events(program, part, false), reader.events(program, part, true)};
    updated_[run.part].assign(part.tensor_count, 0);
    const Block& update = program.blocks[part.update];
    for (std::size_t i = update.first_op; i < update.first_op + update.op_count; ++i) {
      for (const TensorId id : program.ops[i].reads) {
        updated_[run.part][index_of(id) - part.first_tensor] = 1;
      }
    }
    for (std::int64_t i = 0; i < run.count; ++i) {
      instances_.push_back({run.part, std::vector<Allocations>(part.tensor_count)});
    }
  }
  deal_chunks();
  slots_ =
      pipeline_schedule(program.pipeline_stages, micro_batches_, program.chunks_per_stage,
                        Seconds(0), EqualDurations{})[static_cast<std::size_t>(stage.first_stage)];
  saved_.resize(static_cast<std::size_t>(micro_batches_) * instances_.size());
}

void StageWalk::deal_chunks() {
  const auto chunks = static_cast<std::size_t>(program_.chunks_per_stage);
  chunks_.resize(chunks);
  const auto is_layer = [&](std::size_t i) {
    return part_of(instances_[i]).kind == PartKind::kLayer;
  };
  std::size_t layers = 0;
  for (std::size_t i = 0; i < instances_.size(); ++i)
    if (is_layer(i)) ++layers;
  const std::size_t per_chunk = std::max<std::size_t>(1, (layers + chunks - 1) / chunks);
  std::size_t layer = 0;
  for (std::size_t i = 0; i < instances_.size(); ++i) {
    if (is_layer(i)) {
      chunks_[layer++ / per_chunk].push_back(i);
    } else {
      const bool first = part_of(instances_[i]).kind == PartKind::kEmbedding;
      chunks_[first ? 0 : chunks - 1].push_back(i);
    }
  }
}

void StageWalk::allocate(MemoryPool pool, Bytes bytes, Allocations& into) {
  if (out_of_memory_ || bytes == Bytes(0)) return;
  const std::optional<Allocation> made = allocator_.allocate(pool, bytes);
  out_of_memory_ = !made;
  if (made) into.push_back(*made);
}

void StageWalk::free(Allocations& allocations) {
  for (const Allocation allocation : allocations) allocator_.free(allocation);
  allocations.clear();
}

void StageWalk::make_standing() {
  std::vector<const Tensor*> made;
  for (Instance& instance : instances_) {
    const Part& part = part_of(instance);
    for (std::size_t t = 0; t < part.tensor_count; ++t) {
      const Tensor& tensor = program_.tensors[part.first_tensor + t];
      if (tensor.role == Role::kActivation || tensor.role == Role::kOptimizerState ||
          tensor.on_host || tensor.within_step) {
        continue;
      }
      if (!tensor.shared_by_layers) {
        allocate(tensor, instance.standing[t]);
      } else if (std::none_of(made.begin(), made.end(), [&](const Tensor* other) {
                   return is_same_shared(*other, tensor);
                 })) {
        made.push_back(&tensor);
        allocate(tensor, shared_.emplace_back());
      }
    }
  }
}

bool StageWalk::runs(std::size_t op) const {
  switch (program_.ops[op].when) {
    case When::kEvery:
      return true;
    case When::kFirstMicroBatch:
      return micro_batch_ == 0;
    case When::kLastMicroBatch:
      return micro_batch_ == micro_batches_ - 1;
  }
  return true;
}

void StageWalk::play(const std::vector<MemoryEvent>& events, Instance& instance) {
  for (const MemoryEvent& event : events) {
    const std::size_t slot = slot_of(event.id);
    switch (event.kind) {
      case MemoryEvent::Kind::kAllocate:
        if (runs(event.op)) allocate(program_.tensor(event.id), live_[slot]);
        break;
      case MemoryEvent::Kind::kRelease:
        free(live_[slot]);
        break;
      case MemoryEvent::Kind::kMove: {
        Allocations& to = live_[slot_of(event.to)];
        to.insert(to.end(), live_[slot].begin(), live_[slot].end());
        live_[slot].clear();
        break;
      }
      case MemoryEvent::Kind::kWrite: {
        const Tensor& tensor = program_.tensor(event.id);
        if (tensor.within_step && instance.standing[slot].empty() && runs(event.op)) {
          allocate(tensor, instance.standing[slot]);
        }
        break;
      }
    }
  }
}

// Hidden states first, as every block names them.
void StageWalk::take_inputs(const Block& block) {
  for (std::size_t i = 0; i < block.inputs.size(); ++i) {
    Allocations& input = live_[slot_of(block.inputs[i])];
    if (i < handed_.size() && !handed_[i].empty()) {
      input.insert(input.end(), handed_[i].begin(), handed_[i].end());
      handed_[i].clear();
    } else {
      allocate(program_.tensor(block.inputs[i]), input);
    }
  }
  for (Allocations& left : handed_) free(left);
  handed_.clear();
}

void StageWalk::leave(const Block& block, std::vector<SavedTensor>* saved) {
  for (const TensorId id : block.outputs) {
    handed_.push_back(std::move(live_[slot_of(id)]));
    live_[slot_of(id)].clear();
  }
  for (std::size_t slot = 0; slot < live_.size(); ++slot) {
    if (saved == nullptr) {
      free(live_[slot]);
      continue;
    }
    if (live_[slot].empty()) continue;
    // Of a tensor that a loop has carried on, backward reads the last copy.
    saved->push_back({slot, live_[slot].back()});
    live_[slot].pop_back();
    free(live_[slot]);
  }
}

void StageWalk::end_backward(Instance& instance) {
  const Part& part = part_of(instance);
  for (std::size_t t = 0; t < part.tensor_count; ++t) {
    const Tensor& tensor = program_.tensors[part.first_tensor + t];
    if (tensor.within_step && updated_[instance.part][t] == 0) free(instance.standing[t]);
  }
}

void StageWalk::block(std::size_t index, const PipelineSlot& slot) {
  Instance& instance = instances_[index];
  const Part& part = part_of(instance);
  const Block& block = program_.blocks[slot.forward ? part.forward : part.backward];
  const PartEvents& events = events_[instance.part];
  std::vector<SavedTensor>& saved =
      saved_[static_cast<std::size_t>(slot.micro_batch) * instances_.size() + index];
  first_tensor_ = part.first_tensor;
  live_.assign(part.tensor_count, {});
  if (!slot.forward) {
    for (const SavedTensor& tensor : saved) live_[tensor.slot].push_back(tensor.allocation);
    saved.clear();
  }
  take_inputs(block);
  play(slot.forward ? events.forward : events.backward, instance);
  leave(block, slot.forward ? &saved : nullptr);
  if (!slot.forward && slot.micro_batch == micro_batches_ - 1) end_backward(instance);
}

void StageWalk::chunk(const PipelineSlot& slot) {
  micro_batch_ = slot.micro_batch;
  const std::vector<std::size_t>& parts = chunks_[static_cast<std::size_t>(slot.chunk)];
  for (std::size_t i = 0; i < parts.size() && !out_of_memory_; ++i) {
    block(slot.forward ? parts[i] : parts[parts.size() - 1 - i], slot);
  }
  for (Allocations& sent : handed_) free(sent);
  handed_.clear();
}

void StageWalk::update(Instance& instance) {
  const Part& part = part_of(instance);
  for (std::size_t t = 0; t < part.tensor_count; ++t) {
    const Tensor& tensor = program_.tensors[part.first_tensor + t];
    if (tensor.role != Role::kOptimizerState || tensor.on_host) continue;
    if (!instance.standing[t].empty()) continue;
    const std::int64_t words = tensor.shape.extents[0].value;
    for (std::int64_t i = 0; i < words; ++i) {
      allocate(tensor.pool, tensor.bytes / words, instance.standing[t]);
    }
  }
}

void StageWalk::forget_gradients(Instance& instance) {
  const Part& part = part_of(instance);
  for (std::size_t t = 0; t < part.tensor_count; ++t) {
    if (program_.tensors[part.first_tensor + t].within_step) free(instance.standing[t]);
  }
}

void StageWalk::step() {
  for (const PipelineSlot& slot : slots_) {
    if (out_of_memory_) return;
    chunk(slot);
  }
  for (Instance& instance : instances_) update(instance);
  for (Instance& instance : instances_) forget_gradients(instance);
}

bool StageWalk::run(std::int64_t steps) {
  make_standing();
  for (std::int64_t i = 0; i < steps && !out_of_memory_; ++i) step();
  return !out_of_memory_;
}

}  // namespace seqspan::sim
