#include "real/execute/role_allocator.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/units/format_units.hpp"

namespace seqspan::real {
namespace {

std::size_t index_of(sim::MemoryRole role) { return static_cast<std::size_t>(role); }

std::string describe(const sim::MemoryByRole& live) {
  std::string text;
  for (std::size_t i = 0; i < live.size(); ++i) {
    if (live[i] == sim::Bytes(0)) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ",
                        sim::name_of(static_cast<sim::MemoryRole>(i)), sim::format_bytes(live[i]));
  }
  return text.empty() ? "nothing is live" : "live: " + text;
}

}  // namespace

sim::Result<MemoryBlock*> RoleAllocator::take(const char* name, sim::MemoryRole role,
                                              sim::Bytes size) {
  MemoryBlock* block = nullptr;
  if (const auto found = free_.find(size); found != free_.end()) {
    block = found->second;
    free_.erase(found);
  } else {
    sim::Result<Memory> memory = transport_->allocate(size);
    if (!memory) {
      sim::Error error = memory.error();
      error.where = fmt::format("rank {}, tensor '{}' of {}", transport_->rank(), name,
                                sim::format_bytes(size));
      error.why = describe(live_);
      return tl::unexpected(std::move(error));
    }
    block = blocks_.emplace_back(std::make_unique<MemoryBlock>()).get();
    block->memory = *memory;
  }
  block->role = role;
  live_[index_of(role)] += size;
  taken_[index_of(role)] += size;
  total_ += size;
  if (total_ > peak_.bytes) peak_ = {total_, live_};
  return block;
}

void RoleAllocator::give(MemoryBlock* block) {
  live_[index_of(block->role)] -= block->memory.size;
  total_ -= block->memory.size;
  free_.emplace(block->memory.size, block);
}

void RoleAllocator::assign(MemoryBlock* block, sim::MemoryRole role) {
  live_[index_of(block->role)] -= block->memory.size;
  live_[index_of(role)] += block->memory.size;
  block->role = role;
}

void RoleAllocator::restart() {
  peak_ = {total_, live_};
  taken_ = {};
}

sim::Result<void> RoleAllocator::clear() {
  for (const auto& [size, block] : free_) {
    if (auto freed = transport_->free(block->memory); !freed) return freed;
    const auto owner = std::find_if(blocks_.begin(), blocks_.end(),
                                    [block = block](const auto& b) { return b.get() == block; });
    blocks_.erase(owner);
  }
  free_.clear();
  return {};
}

}  // namespace seqspan::real
