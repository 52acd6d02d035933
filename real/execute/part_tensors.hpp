// The tensors of the part that is run, and the memory that each of them has.
//
// A tensor has memory from the op that first writes it to the op that needs it last, by the rule of
// the memory reader (sim/engine/block_memory.hpp): what is saved stays from forward to backward,
// what exists before a loop stays until it ends, carried tensors change hands at the end of an
// iteration. One that is kept per iteration has a copy of each, the oldest first. A tensor of the
// host has a block without bytes, for those who wait for it.
//
// Errors: as RoleAllocator.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "real/execute/role_allocator.hpp"
#include "sim/program/program.hpp"

namespace seqspan::real {

class PartTensors {
 public:
  // Both must outlive it.
  PartTensors(const sim::Program& program, RoleAllocator& memory)
      : program_(program), memory_(memory) {}

  // Forgets the part before. `ring_index` is this rank's, whose keys and values it starts with.
  void begin(const sim::Part& part, std::int64_t ring_index);
  // Gives back all that the part still has.
  void end();

  // kInput where the part has no tensor of this name.
  [[nodiscard]] sim::Result<sim::TensorId> find(const std::string& name) const;
  [[nodiscard]] const std::vector<MemoryBlock*>& copies(sim::TensorId id) const {
    return state(id).copies;
  }
  // Whose keys and values these are, where they travel a ring.
  [[nodiscard]] std::int64_t ring_owner(sim::TensorId id) const { return state(id).ring_owner; }
  void set_ring_owner(sim::TensorId id, std::int64_t owner) { state(id).ring_owner = owner; }

  // Null where the tensor has memory and is not kept per iteration.
  [[nodiscard]] sim::Result<MemoryBlock*> take(sim::TensorId id);

  // Whether what backward needs stays when a block ends.
  void keep_saved(bool stays);
  void begin_block(const sim::Block& block);
  void begin_loop(const sim::Loop& loop);
  void end_iteration(const sim::Loop& loop);
  void end_loop(const sim::Loop& loop);
  // Gives back what the block needs no more once this op has been given.
  void end_op(std::size_t op);
  // Gives back all activations but these and, where asked, those that keep_saved() has kept: of
  // either the last copy.
  void keep_only(const sim::Operands& tensors, bool and_saved);

 private:
  struct State {
    bool saved = false;  // forward writes it, backward reads it
    bool keep = false;   // beyond its last use in the block
    bool held = false;   // until the loop ends
    std::int64_t last_use = -1;
    std::int64_t ring_owner = 0;
    std::vector<MemoryBlock*> copies;
  };

  [[nodiscard]] State& state(sim::TensorId id) { return states_[sim::index_of(id) - first_]; }
  [[nodiscard]] const State& state(sim::TensorId id) const {
    return states_[sim::index_of(id) - first_];
  }
  [[nodiscard]] sim::TensorId id_of(std::size_t state) const {
    return static_cast<sim::TensorId>(first_ + state);
  }
  [[nodiscard]] sim::MemoryRole role_in(const State& tensor, sim::TensorId id) const;
  void release(sim::TensorId id);
  void release_after(std::size_t op, sim::TensorId id);

  const sim::Program& program_;
  RoleAllocator& memory_;
  const sim::Part* part_ = nullptr;
  std::size_t first_ = 0;
  std::vector<State> states_;
};

}  // namespace seqspan::real
