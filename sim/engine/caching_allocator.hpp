// PyTorch's caching allocator: how much of the GPU it takes for tensors that are made and freed.
//
//   rounding      a request is rounded up to 512 B
//   pools         up to 1 MiB: small, above: large; each stream has its own of both, and a block is
//                 given to no other
//   best fit      the smallest free block of the pool that is large enough, of equal ones that at
//                 the lowest address; it is split where what remains is worth it: 512 B in the
//                 small pool, more than 1 MiB in the large one. Freed neighbours become one block
//                 again
//   fixed         where none fits, a segment is taken from the device: of 2 MiB (small), of 20 MiB
//                 (large, below 10 MiB), or of the request rounded up to 2 MiB
//   expandable    each pool is one segment of addresses, behind which pages of 2 MiB (small) or
//                 20 MiB are mapped as they are needed: at its end a free block grows. Blocks are
//                 split down to 512 B; the block at the end is taken for what it may grow to, so
//                 that others are preferred
//   reserved      what was taken. It is given back only where a request would exceed the limit:
//                 wholly free segments (fixed) or pages (expandable); then it is tried once more
//
// Source: pytorch/pytorch c10/cuda/CUDACachingAllocator.cpp, of 2.5: round_size, get_pool,
// get_allocation_size, get_free_block, should_split, try_merge_blocks, alloc_block,
// find_expandable_block, map_block, release_blocks. Not modelled: options beyond
// expandable_segments (max_split_size, garbage collection, rounding to powers of two), blocks that
// wait for events of other streams (record_stream), graph pools. Addresses of fixed segments are
// taken to grow.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "sim/program/tensor.hpp"
#include "sim/units/units.hpp"

namespace seqspan::sim {

enum class SegmentKind : std::uint8_t { kFixed, kExpandable };

class CachingAllocator {
 public:
  enum class Allocation : std::uint32_t {};

  // `limit`: of what is reserved; absent: none.
  explicit CachingAllocator(SegmentKind kind, std::optional<Bytes> limit = std::nullopt);

  // More than 0 bytes. Nothing: out of memory.
  [[nodiscard]] std::optional<Allocation> allocate(MemoryPool stream, Bytes bytes);
  // Once, of what was allocated.
  void free(Allocation allocation);

  [[nodiscard]] Bytes allocated() const { return Bytes(allocated_); }
  [[nodiscard]] Bytes reserved() const { return Bytes(reserved_); }
  [[nodiscard]] Bytes peak_allocated() const { return Bytes(peak_allocated_); }
  [[nodiscard]] Bytes peak_reserved() const { return Bytes(peak_reserved_); }
  // How often segments were given back to go on: each waits for the GPU.
  [[nodiscard]] std::int64_t times_returned() const { return times_returned_; }

 private:
  using Index = std::uint32_t;
  static constexpr Index kNone = static_cast<Index>(-1);

  struct Block {
    std::int64_t address = 0;
    std::int64_t size = 0;
    Index previous = kNone;  // neighbours in the segment
    Index next = kNone;
    std::uint8_t pool = 0;
    bool allocated = false;
    bool mapped = true;
  };
  struct Key {
    std::int64_t size;  // 0 among unmapped blocks, which are ordered by address alone
    std::int64_t address;
    Index block;
    auto operator<=>(const Key&) const = default;
  };
  struct Pool {
    std::set<Key> free;
    std::set<Key> unmapped;
    bool small = false;
    bool has_segment = false;  // expandable
  };

  [[nodiscard]] Index add_block(const Block& block);
  void remove_block(Index index);
  void insert(Index index);
  void erase(Index index);
  // What is left of it after its first `size` bytes, as a block of its own.
  Index split(Index index, std::int64_t size);
  // Takes up a neighbour that is free, and mapped as it is.
  void merge(Index index, Index neighbour);
  [[nodiscard]] Index find_free(Pool& pool, std::int64_t size);
  [[nodiscard]] std::int64_t expandable_size(Index index) const;
  [[nodiscard]] Index take(std::uint8_t pool, std::int64_t size);
  [[nodiscard]] Index take_segment(std::uint8_t pool, std::int64_t size);
  [[nodiscard]] Index grow(std::uint8_t pool, std::int64_t size);
  [[nodiscard]] Index room_to_grow(std::uint8_t pool, std::int64_t size);
  [[nodiscard]] bool map(Index index, std::int64_t size);
  void unmap(Index index);
  void return_cached();
  [[nodiscard]] bool reserve(std::int64_t bytes);
  [[nodiscard]] bool should_split(const Block& block, std::int64_t size) const;

  SegmentKind kind_;
  std::optional<Bytes> limit_;
  std::array<Pool, 2 * kMemoryPoolCount> pools_;
  std::vector<Block> blocks_;
  std::vector<Index> unused_;  // of blocks_
  std::int64_t next_address_ = 0;
  std::int64_t allocated_ = 0;
  std::int64_t reserved_ = 0;
  std::int64_t peak_allocated_ = 0;
  std::int64_t peak_reserved_ = 0;
  std::int64_t times_returned_ = 0;
};

}  // namespace seqspan::sim
