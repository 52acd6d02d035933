#include "sim/engine/block_memory.hpp"

#include <algorithm>

#include "sim/program/saved.hpp"

namespace seqspan::sim {

void BlockMemoryReader::begin(const Program& program, const Part& part) {
  program_ = &program;
  part_ = &part;
  first_ = part.first_tensor;
  states_.assign(part.tensor_count, TensorState{});
  find_saved(program, part, saved_, scratch_);
  for (std::size_t t = 0; t < states_.size(); ++t) {
    states_[t].saved = saved_[t] != 0 && !program.tensors[first_ + t].on_host;
  }
}

void BlockMemoryReader::find_last_uses(const Block& block) {
  for (TensorState& tensor : states_) {
    tensor.last_use = -1;
    tensor.held = false;
  }
  for (std::size_t i = block.first_op; i < block.first_op + block.op_count; ++i) {
    const Op& op = program_->ops[i];
    for (const TensorId id : op.reads) state(id).last_use = static_cast<std::int64_t>(i);
    for (const TensorId id : op.writes) state(id).last_use = static_cast<std::int64_t>(i);
  }
  for (const TensorId id : block.outputs) state(id).keep = true;
}

void BlockMemoryReader::allocate(TensorId id) {
  TensorState& tensor = state(id);
  if (tensor.copies > 0 && !program_->tensor(id).kept_per_iteration) return;
  ++tensor.copies;
  live_ += program_->tensor(id).bytes;
  record(MemoryEvent::Kind::kAllocate, id);
}

void BlockMemoryReader::release(TensorId id) {
  TensorState& tensor = state(id);
  if (tensor.copies > 0) record(MemoryEvent::Kind::kRelease, id);
  live_ -= program_->tensor(id).bytes * tensor.copies;
  tensor.copies = 0;
}

void BlockMemoryReader::release_after(std::size_t op, TensorId id) {
  const TensorState& tensor = state(id);
  if (tensor.copies == 0 || tensor.keep || tensor.held) return;
  if (program_->tensor(id).span != Span::kUse) return;
  if (tensor.last_use <= static_cast<std::int64_t>(op)) release(id);
}

void BlockMemoryReader::walk_op(std::size_t index, std::int64_t iteration) {
  const Op& op = program_->ops[index];
  op_ = index;
  for (const TensorId id : op.writes) {
    if (is_activation(id)) {
      allocate(id);
    } else {
      record(MemoryEvent::Kind::kWrite, id);
    }
  }
  if (stop_at_peak_) {
    stopped_ = index == peak_.op && iteration == peak_.iteration;
    if (stopped_) return;
  } else if (live_ > peak_.bytes) {
    peak_ = {live_, index, iteration};
  }
  if (series_ != nullptr) note(index, iteration);
  for (const TensorId id : op.reads) release_after(index, id);
  for (const TensorId id : op.writes) release_after(index, id);
}

// What exists before a loop serves all its iterations; carried tensors change hands at the end of
// an iteration, not at their last use.
void BlockMemoryReader::hold_for(const Loop& loop) {
  for (TensorState& tensor : states_) tensor.held = tensor.copies > 0;
  for (std::size_t i = 0; i < loop.carry_count; ++i) {
    state(loop.carries[i].from).held = true;
    state(loop.carries[i].to).held = true;
  }
}

void BlockMemoryReader::release_held(const Loop& loop) {
  for (std::size_t t = 0; t < states_.size(); ++t) {
    if (!states_[t].held) continue;
    states_[t].held = false;
    if (states_[t].last_use < 0) continue;  // not of this block: another block frees it
    release_after(loop.first + loop.count - 1, static_cast<TensorId>(first_ + t));
  }
}

void BlockMemoryReader::carry(const Loop& loop) {
  for (std::size_t i = 0; i < loop.carry_count; ++i) {
    const Carry& carry = loop.carries[i];
    if (!carry.keep_old) release(carry.to);
    if (state(carry.from).copies > 0) record(MemoryEvent::Kind::kMove, carry.from, carry.to);
    state(carry.to).copies += state(carry.from).copies;
    state(carry.from).copies = 0;
  }
}

void BlockMemoryReader::walk_body(const Loop& loop, std::int64_t iteration) {
  for (std::size_t i = loop.first; i < loop.first + loop.count && !stopped_; ++i) {
    walk_op(i, iteration);
  }
  if (!stopped_) carry(loop);
}

// Iterations differ only in what each leaves behind.
void BlockMemoryReader::skip_iterations(const Loop& loop, std::int64_t count) {
  const auto leave = [&](TensorId id) {
    state(id).copies += count;
    live_ += program_->tensor(id).bytes * count;
  };
  for (std::size_t i = loop.first; i < loop.first + loop.count; ++i) {
    for (const TensorId id : program_->ops[i].writes) {
      if (program_->tensor(id).kept_per_iteration) leave(id);
    }
  }
  for (std::size_t i = 0; i < loop.carry_count; ++i) {
    if (loop.carries[i].keep_old) leave(loop.carries[i].to);
  }
}

void BlockMemoryReader::walk_loop(const Loop& loop) {
  hold_for(loop);
  if (series_ != nullptr || events_ != nullptr) {
    for (std::int64_t i = 0; i < loop.times; ++i) walk_body(loop, i);
    release_held(loop);
    return;
  }
  walk_body(loop, 0);
  if (loop.times > 2 && !stopped_) skip_iterations(loop, loop.times - 2);
  if (loop.times > 1 && !stopped_) walk_body(loop, loop.times - 1);
  if (!stopped_) release_held(loop);
}

BlockPeak BlockMemoryReader::walk(const Block& block) {
  find_last_uses(block);
  if (!stop_at_peak_) peak_ = {live_, block.first_op, 0};
  if (series_ != nullptr && block.op_count > 0) note(block.first_op, 0);
  if (events_ != nullptr) events_->clear();  // of what is there before the block
  std::size_t loop_index = block.first_loop;
  const std::size_t loop_end = block.first_loop + block.loop_count;
  const std::size_t op_end = block.first_op + block.op_count;
  for (std::size_t i = block.first_op; i < op_end && !stopped_;) {
    if (loop_index < loop_end && i == program_->loops[loop_index].first) {
      walk_loop(program_->loops[loop_index]);
      i += program_->loops[loop_index].count;
      ++loop_index;
    } else {
      walk_op(i, 0);
      ++i;
    }
  }
  return peak_;
}

BlockPeak BlockMemoryReader::walk_forward() {
  const Block& block = program_->blocks[part_->forward];
  live_ = Bytes(0);
  for (TensorState& tensor : states_) {
    tensor.copies = 0;
    tensor.keep = tensor.saved;
  }
  for (const TensorId id : block.inputs) allocate(id);
  return walk(block);
}

BlockPeak BlockMemoryReader::walk_backward() {
  const Block& block = program_->blocks[part_->backward];
  live_ = Bytes(0);
  for (std::size_t t = 0; t < states_.size(); ++t) {
    states_[t].copies = 0;
    states_[t].keep = false;
    if (states_[t].saved) allocate(static_cast<TensorId>(first_ + t));
  }
  for (const TensorId id : block.inputs) allocate(id);
  return walk(block);
}

PartMemory BlockMemoryReader::read(const Program& program, const Part& part) {
  begin(program, part);
  PartMemory memory;
  for (std::size_t t = 0; t < states_.size(); ++t) {
    const Tensor& tensor = program.tensors[first_ + t];
    if (saved_[t] != 0) (tensor.on_host ? memory.saved_on_host : memory.saved) += tensor.bytes;
  }
  memory.forward = walk_forward();
  memory.backward = walk_backward();
  return memory;
}

std::vector<LiveTensor> BlockMemoryReader::live_at_peak(const Program& program, const Part& part,
                                                        bool backward) {
  begin(program, part);
  peak_ = backward ? walk_backward() : walk_forward();
  stop_at_peak_ = true;
  if (backward) {
    walk_backward();
  } else {
    walk_forward();
  }
  stop_at_peak_ = false;
  stopped_ = false;
  std::vector<LiveTensor> live;
  for (std::size_t t = 0; t < states_.size(); ++t) {
    if (states_[t].copies > 0) {
      live.push_back({static_cast<TensorId>(first_ + t), states_[t].copies, states_[t].saved});
    }
  }
  return live;
}

void BlockMemoryReader::note(std::size_t op, std::int64_t iteration) {
  Bytes saved;
  for (std::size_t t = 0; t < states_.size(); ++t) {
    if (states_[t].saved) saved += program_->tensors[first_ + t].bytes * states_[t].copies;
  }
  series_->push_back({op, iteration, live_, saved});
}

std::vector<LiveBytes> BlockMemoryReader::series(const Program& program, const Part& part,
                                                 bool backward) {
  begin(program, part);
  std::vector<LiveBytes> result;
  series_ = &result;
  (void)(backward ? walk_backward() : walk_forward());
  series_ = nullptr;
  return result;
}

std::vector<MemoryEvent> BlockMemoryReader::events(const Program& program, const Part& part,
                                                   bool backward) {
  begin(program, part);
  std::vector<MemoryEvent> result;
  events_ = &result;
  (void)(backward ? walk_backward() : walk_forward());
  for (std::size_t t = 0; t < states_.size(); ++t) {
    if (states_[t].copies > 0 && !states_[t].keep) release(static_cast<TensorId>(first_ + t));
  }
  events_ = nullptr;
  return result;
}

std::vector<TensorId> BlockMemoryReader::saved_tensors(const Program& program, const Part& part) {
  begin(program, part);
  std::vector<TensorId> saved;
  for (std::size_t t = 0; t < states_.size(); ++t) {
    if (states_[t].saved) saved.push_back(static_cast<TensorId>(first_ + t));
  }
  return saved;
}

}  // namespace seqspan::sim
