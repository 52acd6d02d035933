#include "sim/engine/caching_allocator.hpp"

#include <algorithm>
#include <iterator>

namespace seqspan::sim {
namespace {

constexpr std::int64_t kRounding = 512;
constexpr std::int64_t kLargestSmall = kMebi;
constexpr std::int64_t kSmallSegment = 2 * kMebi;
constexpr std::int64_t kLargeSegment = 20 * kMebi;
constexpr std::int64_t kOwnSegment =
    10 * kMebi;  // requests from here on get a segment of their own
constexpr std::int64_t kOwnSegmentRounding = 2 * kMebi;
// Addresses of one expandable segment. PyTorch takes 9/8 of the device's memory; more than is ever
// mapped of one is never looked at.
constexpr std::int64_t kSegmentAddresses = std::int64_t{1} << 50;

constexpr std::int64_t round_up(std::int64_t bytes, std::int64_t unit) {
  return (bytes + unit - 1) / unit * unit;
}

std::int64_t page_of(bool small) { return small ? kSmallSegment : kLargeSegment; }

}  // namespace

CachingAllocator::CachingAllocator(SegmentKind kind, std::optional<Bytes> limit)
    : kind_(kind), limit_(limit) {
  for (std::size_t i = 0; i < pools_.size(); ++i) pools_[i].small = i % 2 == 0;
}

CachingAllocator::Index CachingAllocator::add_block(const Block& block) {
  if (unused_.empty()) {
    blocks_.push_back(block);
    return static_cast<Index>(blocks_.size() - 1);
  }
  const Index index = unused_.back();
  unused_.pop_back();
  blocks_[index] = block;
  return index;
}

void CachingAllocator::remove_block(Index index) {
  const Block& block = blocks_[index];
  if (block.previous != kNone) blocks_[block.previous].next = block.next;
  if (block.next != kNone) blocks_[block.next].previous = block.previous;
  unused_.push_back(index);
}

void CachingAllocator::insert(Index index) {
  const Block& block = blocks_[index];
  Pool& pool = pools_[block.pool];
  if (block.mapped) {
    pool.free.insert({block.size, block.address, index});
  } else {
    pool.unmapped.insert({0, block.address, index});
  }
}

void CachingAllocator::erase(Index index) {
  const Block& block = blocks_[index];
  Pool& pool = pools_[block.pool];
  if (block.mapped) {
    pool.free.erase({block.size, block.address, index});
  } else {
    pool.unmapped.erase({0, block.address, index});
  }
}

CachingAllocator::Index CachingAllocator::split(Index index, std::int64_t size) {
  Block rest = blocks_[index];
  rest.address += size;
  rest.size -= size;
  rest.previous = index;
  const Index added = add_block(rest);
  if (rest.next != kNone) blocks_[rest.next].previous = added;
  blocks_[index].size = size;
  blocks_[index].next = added;
  return added;
}

void CachingAllocator::merge(Index index, Index neighbour) {
  if (neighbour == kNone) return;
  Block& block = blocks_[index];
  const Block& other = blocks_[neighbour];
  if (other.allocated || other.mapped != block.mapped) return;
  erase(neighbour);
  block.address = std::min(block.address, other.address);
  block.size += other.size;
  remove_block(neighbour);
}

bool CachingAllocator::should_split(const Block& block, std::int64_t size) const {
  const std::int64_t rest = block.size - size;
  if (pools_[block.pool].small || kind_ == SegmentKind::kExpandable) return rest >= kRounding;
  return rest > kLargestSmall;
}

std::int64_t CachingAllocator::expandable_size(Index index) const {
  const Block& block = blocks_[index];
  const bool grows = block.next != kNone && !blocks_[block.next].mapped;
  return block.size + (grows ? blocks_[block.next].size : 0);
}

CachingAllocator::Index CachingAllocator::find_free(Pool& pool, std::int64_t size) {
  auto found = pool.free.lower_bound({size, 0, 0});
  if (found == pool.free.end()) return kNone;
  if (kind_ == SegmentKind::kExpandable) {
    for (auto next = std::next(found);
         next != pool.free.end() && expandable_size(next->block) < expandable_size(found->block);
         ++next) {
      found = next;
    }
  }
  const Index index = found->block;
  pool.free.erase(found);
  return index;
}

bool CachingAllocator::reserve(std::int64_t bytes) {
  if (limit_ && reserved_ + bytes > limit_->value()) return false;
  reserved_ += bytes;
  peak_reserved_ = std::max(peak_reserved_, reserved_);
  return true;
}

CachingAllocator::Index CachingAllocator::take_segment(std::uint8_t pool, std::int64_t size) {
  std::int64_t segment = round_up(size, kOwnSegmentRounding);
  if (size <= kLargestSmall) {
    segment = kSmallSegment;
  } else if (size < kOwnSegment) {
    segment = kLargeSegment;
  }
  if (!reserve(segment)) return kNone;
  const std::int64_t address = next_address_;
  next_address_ += segment;
  return add_block({address, segment, kNone, kNone, pool, false, true});
}

// The first unmapped block, or the free one before it, from which on there is room.
CachingAllocator::Index CachingAllocator::room_to_grow(std::uint8_t pool, std::int64_t size) {
  Pool& own = pools_[pool];
  if (!own.has_segment) {
    own.has_segment = true;
    insert(add_block({0, kSegmentAddresses, kNone, kNone, pool, false, false}));
  }
  for (const Key& key : own.unmapped) {
    Index first = key.block;
    const Index previous = blocks_[first].previous;
    if (previous != kNone && !blocks_[previous].allocated) first = previous;
    std::int64_t room = 0;
    for (Index i = first; i != kNone && !blocks_[i].allocated && room < size; i = blocks_[i].next) {
      room += blocks_[i].size;
    }
    if (room >= size) return first;
  }
  return kNone;
}

// Maps the pages of an unmapped block that its first `size` bytes are on; joined with free
// neighbours, it is then among the free.
bool CachingAllocator::map(Index index, std::int64_t size) {
  const std::uint8_t pool = blocks_[index].pool;
  const std::int64_t mapped =
      std::min(blocks_[index].size, round_up(size, page_of(pools_[pool].small)));
  if (!reserve(mapped)) return false;
  erase(index);
  if (mapped < blocks_[index].size) insert(split(index, mapped));
  blocks_[index].mapped = true;
  merge(index, blocks_[index].previous);
  merge(index, blocks_[index].next);
  insert(index);
  return true;
}

CachingAllocator::Index CachingAllocator::grow(std::uint8_t pool, std::int64_t size) {
  Index candidate = room_to_grow(pool, size);
  if (candidate == kNone) return kNone;
  if (!blocks_[candidate].mapped && !map(candidate, std::min(blocks_[candidate].size, size))) {
    return kNone;
  }
  while (blocks_[candidate].size < size) {
    const Index next = blocks_[candidate].next;
    const std::int64_t missing = size - blocks_[candidate].size;
    if (!map(next, std::min(missing, blocks_[next].size))) return kNone;
    candidate = next;  // which has taken up the one before
  }
  erase(candidate);
  return candidate;
}

CachingAllocator::Index CachingAllocator::take(std::uint8_t pool, std::int64_t size) {
  return kind_ == SegmentKind::kFixed ? take_segment(pool, size) : grow(pool, size);
}

void CachingAllocator::unmap(Index index) {
  const std::int64_t page = page_of(pools_[blocks_[index].pool].small);
  const std::int64_t begin = round_up(blocks_[index].address, page);
  const std::int64_t end = (blocks_[index].address + blocks_[index].size) / page * page;
  if (begin >= end) return;
  erase(index);
  Index middle = index;
  if (begin > blocks_[index].address) {
    middle = split(index, begin - blocks_[index].address);
    insert(index);
  }
  if (end < blocks_[middle].address + blocks_[middle].size) {
    insert(split(middle, end - begin));
  }
  blocks_[middle].mapped = false;
  merge(middle, blocks_[middle].previous);
  merge(middle, blocks_[middle].next);
  insert(middle);
  reserved_ -= end - begin;
}

void CachingAllocator::return_cached() {
  ++times_returned_;
  for (Pool& pool : pools_) {
    const std::vector<Key> free(pool.free.begin(), pool.free.end());
    for (const Key& key : free) {
      if (kind_ == SegmentKind::kExpandable) {
        unmap(key.block);
        continue;
      }
      const Block& block = blocks_[key.block];
      if (block.previous != kNone || block.next != kNone) continue;
      pool.free.erase(key);
      reserved_ -= block.size;
      remove_block(key.block);
    }
  }
}

std::optional<CachingAllocator::Allocation> CachingAllocator::allocate(MemoryPool stream,
                                                                       Bytes bytes) {
  const std::int64_t size = round_up(bytes.value(), kRounding);
  const auto pool =
      static_cast<std::uint8_t>(2 * static_cast<int>(stream) + (size <= kLargestSmall ? 0 : 1));
  Index index = find_free(pools_[pool], size);
  if (index == kNone) index = take(pool, size);
  if (index == kNone) {
    return_cached();
    index = take(pool, size);
  }
  if (index == kNone) return std::nullopt;
  if (should_split(blocks_[index], size)) insert(split(index, size));
  blocks_[index].allocated = true;
  allocated_ += blocks_[index].size;
  peak_allocated_ = std::max(peak_allocated_, allocated_);
  return static_cast<Allocation>(index);
}

void CachingAllocator::free(Allocation allocation) {
  const auto index = static_cast<Index>(allocation);
  allocated_ -= blocks_[index].size;
  blocks_[index].allocated = false;
  merge(index, blocks_[index].previous);
  merge(index, blocks_[index].next);
  insert(index);
}

}  // namespace seqspan::sim
