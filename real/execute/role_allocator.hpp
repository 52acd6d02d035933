// Memory of a transport, counted by what it is for, as a caching allocator counts it: from the
// moment that an op asks for it to the moment that the last op that needs it has been issued.
//
// A block that was given back serves the next request of its size, and its users go with it: who
// takes it has to wait for them (block_runner.hpp). Blocks are freed by clear().
//
// Errors: kEnvironment where memory runs out, with the tensor and what is live by role.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "real/transport/transport.hpp"
#include "sim/engine/step_memory.hpp"

namespace seqspan::real {

// An op that reads or writes a block: the event behind it, on its stream.
struct BlockUse {
  StreamId stream{};
  EventId event{};
  bool writes = false;
};

struct MemoryBlock {
  Memory memory;
  sim::MemoryRole role = sim::MemoryRole::kTransient;
  std::vector<BlockUse> uses;  // since the last write, and that write
};

struct RolePeak {
  sim::Bytes bytes;
  sim::MemoryByRole by_role{};  // at the moment of the peak
};

class RoleAllocator {
 public:
  // The transport must outlive it.
  explicit RoleAllocator(Transport& transport) : transport_(&transport) {}

  // `name` of the tensor, for messages.
  [[nodiscard]] sim::Result<MemoryBlock*> take(const char* name, sim::MemoryRole role,
                                               sim::Bytes size);
  void give(MemoryBlock* block);
  // What it is for has changed; a peak that was reached before stays as it was.
  void assign(MemoryBlock* block, sim::MemoryRole role);

  // Since the last restart(), which starts from what is live.
  [[nodiscard]] const RolePeak& peak() const { return peak_; }
  // Every take since the last restart(), by what it was for then: shows what no peak does.
  [[nodiscard]] const sim::MemoryByRole& taken() const { return taken_; }
  void restart();

  // Frees every block that was given back; nothing may use them any more.
  [[nodiscard]] sim::Result<void> clear();

 private:
  Transport* transport_;
  sim::MemoryByRole live_{};
  sim::Bytes total_;
  RolePeak peak_;
  sim::MemoryByRole taken_{};
  std::vector<std::unique_ptr<MemoryBlock>> blocks_;
  std::multimap<sim::Bytes, MemoryBlock*> free_;  // by size
};

}  // namespace seqspan::real
