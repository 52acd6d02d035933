#include "real/execute/part_tensors.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/program/saved.hpp"

namespace seqspan::real {
namespace {

sim::MemoryRole role_of(sim::Role role) {
  switch (role) {
    case sim::Role::kParameter:
      return sim::MemoryRole::kParameters;
    case sim::Role::kGradient:
      return sim::MemoryRole::kGradients;
    case sim::Role::kOptimizerState:
      return sim::MemoryRole::kOptimizerState;
    case sim::Role::kActivation:
      return sim::MemoryRole::kTransient;
  }
  return sim::MemoryRole::kTransient;
}

}  // namespace

void PartTensors::begin(const sim::Part& part, std::int64_t ring_index) {
  part_ = &part;
  first_ = part.first_tensor;
  states_.assign(part.tensor_count, {});
  std::vector<std::uint8_t> saved;
  std::vector<std::uint8_t> scratch;
  sim::find_saved(program_, part, saved, scratch);
  for (std::size_t t = 0; t < states_.size(); ++t) {
    states_[t].saved = saved[t] != 0;
    states_[t].ring_owner = ring_index;
  }
}

void PartTensors::end() {
  for (std::size_t t = 0; t < states_.size(); ++t) release(id_of(t));
}

sim::Result<sim::TensorId> PartTensors::find(const std::string& name) const {
  for (std::size_t t = 0; t < states_.size(); ++t) {
    if (program_.tensors[first_ + t].name == name) return id_of(t);
  }
  return sim::input_error(fmt::format("no tensor '{}'", name),
                          fmt::format("part '{}'", part_->name));
}

sim::MemoryRole PartTensors::role_in(const State& tensor, sim::TensorId id) const {
  return tensor.saved ? sim::MemoryRole::kSavedActivations : role_of(program_.tensor(id).role);
}

sim::Result<MemoryBlock*> PartTensors::take(sim::TensorId id) {
  const sim::Tensor& tensor = program_.tensor(id);
  State& taken = state(id);
  if (!taken.copies.empty() && !tensor.kept_per_iteration) return nullptr;
  const sim::Bytes bytes = tensor.on_host ? sim::Bytes(0) : tensor.bytes;
  sim::Result<MemoryBlock*> block = memory_.take(tensor.name, role_in(taken, id), bytes);
  if (block) taken.copies.push_back(*block);
  return block;
}

void PartTensors::release(sim::TensorId id) {
  State& tensor = state(id);
  for (MemoryBlock* block : tensor.copies) memory_.give(block);
  tensor.copies.clear();
}

void PartTensors::release_after(std::size_t op, sim::TensorId id) {
  const State& tensor = state(id);
  if (tensor.copies.empty() || tensor.keep || tensor.held) return;
  if (program_.tensor(id).span != sim::Span::kUse) return;
  if (tensor.last_use <= static_cast<std::int64_t>(op)) release(id);
}

void PartTensors::keep_saved(bool stays) {
  for (State& tensor : states_) tensor.keep = stays && tensor.saved;
}

void PartTensors::begin_block(const sim::Block& block) {
  for (State& tensor : states_) {
    tensor.last_use = -1;
    tensor.held = false;
  }
  for (std::size_t i = block.first_op; i < block.first_op + block.op_count; ++i) {
    for (const sim::TensorId id : program_.ops[i].reads) {
      state(id).last_use = static_cast<std::int64_t>(i);
    }
    for (const sim::TensorId id : program_.ops[i].writes) {
      state(id).last_use = static_cast<std::int64_t>(i);
    }
  }
  for (const sim::TensorId id : block.outputs) state(id).keep = true;
}

void PartTensors::begin_loop(const sim::Loop& loop) {
  for (State& tensor : states_) tensor.held = !tensor.copies.empty();
  for (std::size_t i = 0; i < loop.carry_count; ++i) {
    state(loop.carries[i].from).held = true;
    state(loop.carries[i].to).held = true;
  }
}

void PartTensors::end_iteration(const sim::Loop& loop) {
  for (std::size_t i = 0; i < loop.carry_count; ++i) {
    const sim::Carry& carry = loop.carries[i];
    if (!carry.keep_old) release(carry.to);
    State& to = state(carry.to);
    State& from = state(carry.from);
    // Of several copies the last one is what may be saved.
    for (MemoryBlock* old : to.copies) memory_.assign(old, sim::MemoryRole::kTransient);
    for (MemoryBlock* block : from.copies) memory_.assign(block, role_in(to, carry.to));
    to.copies.insert(to.copies.end(), from.copies.begin(), from.copies.end());
    to.ring_owner = from.ring_owner;
    from.copies.clear();
  }
}

void PartTensors::end_loop(const sim::Loop& loop) {
  for (std::size_t t = 0; t < states_.size(); ++t) {
    if (!states_[t].held) continue;
    states_[t].held = false;
    if (states_[t].last_use < 0) continue;  // not of this block: another block lets go of it
    release_after(loop.first + loop.count - 1, id_of(t));
  }
}

void PartTensors::end_op(std::size_t op) {
  for (const sim::TensorId id : program_.ops[op].reads) release_after(op, id);
  for (const sim::TensorId id : program_.ops[op].writes) release_after(op, id);
}

void PartTensors::keep_only(const sim::Operands& tensors, bool and_saved) {
  for (std::size_t t = 0; t < states_.size(); ++t) {
    const sim::TensorId id = id_of(t);
    State& tensor = states_[t];
    if (program_.tensor(id).role != sim::Role::kActivation || tensor.copies.empty()) continue;
    const bool stays = (and_saved && tensor.saved && tensor.keep) ||
                       std::find(tensors.begin(), tensors.end(), id) != tensors.end();
    if (!stays) {
      release(id);
      continue;
    }
    while (tensor.copies.size() > 1) {
      memory_.give(tensor.copies.front());
      tensor.copies.erase(tensor.copies.begin());
    }
  }
}

}  // namespace seqspan::real
