// Every number by hand, from the rules in caching_allocator.hpp.
#include "sim/engine/caching_allocator.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <vector>

namespace seqspan::sim {
namespace {

constexpr auto kCompute = MemoryPool::kCompute;
constexpr auto kGather = MemoryPool::kGather;

constexpr Bytes mebi(std::int64_t count) { return Bytes(count * kMebi); }

CachingAllocator::Allocation take(CachingAllocator& allocator, Bytes bytes,
                                  MemoryPool stream = kCompute) {
  const auto made = allocator.allocate(stream, bytes);
  EXPECT_TRUE(made);
  return *made;
}

// 1 B is 512 B of a segment of 2 MiB; 1 MiB is small, too, and fits into what is left of it. A byte
// more is large: a segment of 20 MiB beside it.
TEST(CachingAllocator, RoundsAndTellsSmallFromLarge) {
  CachingAllocator allocator(SegmentKind::kFixed);
  take(allocator, Bytes(1));
  EXPECT_EQ(allocator.allocated(), Bytes(512));
  EXPECT_EQ(allocator.reserved(), mebi(2));
  take(allocator, mebi(1));
  EXPECT_EQ(allocator.reserved(), mebi(2));
  take(allocator, Bytes(kMebi + 1));
  EXPECT_EQ(allocator.reserved(), mebi(2 + 20));
  EXPECT_EQ(allocator.allocated(), Bytes(512 + kMebi + kMebi + 512));
}

// Two of 8 MiB fit into 20 MiB, the third does not.
TEST(CachingAllocator, PacksRequestsBelowTenMebibytes) {
  CachingAllocator allocator(SegmentKind::kFixed);
  for (int i = 0; i < 3; ++i) take(allocator, mebi(8));
  EXPECT_EQ(allocator.reserved(), mebi(40));
}

// From 10 MiB on: 10 MiB, and 10 MiB + 1 B in 12 MiB.
TEST(CachingAllocator, LargeRequestsGetTheirOwnSegments) {
  CachingAllocator allocator(SegmentKind::kFixed);
  take(allocator, mebi(10));
  EXPECT_EQ(allocator.reserved(), mebi(10));
  take(allocator, Bytes(10 * kMebi + 1));
  EXPECT_EQ(allocator.reserved(), mebi(22));
}

// 64 MiB freed serve 32 and 32, and when both are freed 64 again.
TEST(CachingAllocator, SplitsAndMerges) {
  CachingAllocator allocator(SegmentKind::kFixed);
  allocator.free(take(allocator, mebi(64)));
  const auto low = take(allocator, mebi(32));
  const auto high = take(allocator, mebi(32));
  EXPECT_EQ(allocator.reserved(), mebi(64));
  allocator.free(low);
  allocator.free(high);
  EXPECT_EQ(allocator.allocated(), Bytes(0));
  take(allocator, mebi(64));
  EXPECT_EQ(allocator.reserved(), mebi(64));
}

// Of 64 MiB, 63 leave 1 MiB, which stays with them; 62 leave 2 MiB, a block of its own.
TEST(CachingAllocator, SplitsOffMoreThanAMebibyteOnly) {
  CachingAllocator allocator(SegmentKind::kFixed);
  allocator.free(take(allocator, mebi(64)));
  allocator.free(take(allocator, mebi(63)));
  EXPECT_EQ(allocator.peak_allocated(), mebi(64));
  take(allocator, mebi(62));
  EXPECT_EQ(allocator.allocated(), mebi(62));
}

// 50 go into the 60 that are free, not into the 100, where 100 then fit.
TEST(CachingAllocator, TakesTheSmallestThatFits) {
  CachingAllocator allocator(SegmentKind::kFixed);
  const auto large = take(allocator, mebi(100));
  const auto small = take(allocator, mebi(60));
  allocator.free(large);
  allocator.free(small);
  take(allocator, mebi(50));
  take(allocator, mebi(100));
  EXPECT_EQ(allocator.reserved(), mebi(160));
}

TEST(CachingAllocator, StreamsDoNotShare) {
  for (const SegmentKind kind : {SegmentKind::kFixed, SegmentKind::kExpandable}) {
    CachingAllocator allocator(kind);
    allocator.free(take(allocator, mebi(60), kCompute));
    take(allocator, mebi(60), kGather);
    EXPECT_EQ(allocator.reserved(), mebi(120));
  }
}

// 60 cached and 60 wanted are more than 100: the cached are given back first.
TEST(CachingAllocator, ReturnsWhatIsCachedBeforeItGivesUp) {
  for (const SegmentKind kind : {SegmentKind::kFixed, SegmentKind::kExpandable}) {
    CachingAllocator allocator(kind, mebi(100));
    allocator.free(take(allocator, mebi(60), kCompute));
    take(allocator, mebi(60), kGather);
    EXPECT_EQ(allocator.reserved(), mebi(60));
    EXPECT_EQ(allocator.peak_reserved(), mebi(60));
    EXPECT_EQ(allocator.times_returned(), 1);
    EXPECT_FALSE(allocator.allocate(kCompute, mebi(60)));
  }
}

// Half of a segment of 60 is in use: fixed, it stays, and 60 + 60 do not fit into 100. Expandable,
// the page of 20 MiB that is wholly free goes back (30 to 60 holds 40 to 60), and 40 + 60 do.
TEST(CachingAllocator, ReturnsWholeSegmentsOrPages) {
  CachingAllocator fixed(SegmentKind::kFixed, mebi(100));
  fixed.free(take(fixed, mebi(60)));
  take(fixed, mebi(30));
  EXPECT_FALSE(fixed.allocate(kGather, mebi(60)));
  CachingAllocator expandable(SegmentKind::kExpandable, mebi(100));
  expandable.free(take(expandable, mebi(60)));
  take(expandable, mebi(30));
  take(expandable, mebi(60), kGather);
  EXPECT_EQ(expandable.reserved(), mebi(100));
  // 10 free MiB are left of the compute stream, and what was given back is mapped again behind
  // them.
  EXPECT_FALSE(expandable.allocate(kCompute, mebi(11)));
  take(expandable, mebi(10));
}

// Three of 30: pages for 40, 60 and 100. Neighbours that were allocated apart are one hole of 60;
// fixed segments of 30 never merge.
TEST(CachingAllocator, ExpandableSegmentsGrowAndMerge) {
  CachingAllocator allocator(SegmentKind::kExpandable);
  const auto first = take(allocator, mebi(30));
  EXPECT_EQ(allocator.reserved(), mebi(40));
  const auto second = take(allocator, mebi(30));
  EXPECT_EQ(allocator.reserved(), mebi(60));
  take(allocator, mebi(30));
  EXPECT_EQ(allocator.reserved(), mebi(100));
  allocator.free(first);
  allocator.free(second);
  take(allocator, mebi(60));
  EXPECT_EQ(allocator.reserved(), mebi(100));

  CachingAllocator fixed(SegmentKind::kFixed);
  const auto a = take(fixed, mebi(30));
  const auto b = take(fixed, mebi(30));
  fixed.free(a);
  fixed.free(b);
  take(fixed, mebi(60));
  EXPECT_EQ(fixed.reserved(), mebi(120));
}

// Free are a hole of 60 and 40 at the end, which could grow: 30 go into the hole, though it is the
// larger. 60 then take the 40 and one page more.
TEST(CachingAllocator, ExpandableSegmentsSpareTheirEnd) {
  CachingAllocator allocator(SegmentKind::kExpandable);
  const auto hole = take(allocator, mebi(60));
  take(allocator, mebi(20));
  const auto end = take(allocator, mebi(40));
  allocator.free(hole);
  allocator.free(end);
  EXPECT_EQ(allocator.reserved(), mebi(120));
  take(allocator, mebi(30));
  take(allocator, mebi(60));
  EXPECT_EQ(allocator.reserved(), mebi(140));
}

struct Request {
  MemoryPool stream = kCompute;
  std::int64_t bytes = 0;
  bool frees = false;  // one that was made before
  std::size_t which = 0;
};

std::vector<Request> requests() {
  return *rc::gen::container<std::vector<Request>>(rc::gen::map(
      rc::gen::tuple(rc::gen::inRange(0, 3), rc::gen::inRange<std::int64_t>(1, 64 * kMebi),
                     rc::gen::arbitrary<bool>(), rc::gen::inRange<std::size_t>(0, 1000)),
      [](const std::tuple<int, std::int64_t, bool, std::size_t>& from) {
        return Request{static_cast<MemoryPool>(std::get<0>(from)), std::get<1>(from),
                       std::get<2>(from), std::get<3>(from)};
      }));
}

RC_GTEST_PROP(CachingAllocator, ReservesWhatIsAllocatedAtEveryMoment, ()) {
  const auto kind = *rc::gen::element(SegmentKind::kFixed, SegmentKind::kExpandable);
  const auto limit = *rc::gen::element(std::optional<Bytes>(), std::optional<Bytes>(mebi(256)));
  CachingAllocator allocator(kind, limit);
  std::vector<CachingAllocator::Allocation> live;
  for (const Request& request : requests()) {
    if (request.frees && !live.empty()) {
      const std::size_t which = request.which % live.size();
      allocator.free(live[which]);
      live.erase(live.begin() + static_cast<std::ptrdiff_t>(which));
    } else if (const auto made = allocator.allocate(request.stream, Bytes(request.bytes))) {
      live.push_back(*made);
    } else {
      RC_ASSERT(limit.has_value());
    }
    RC_ASSERT(allocator.reserved() >= allocator.allocated());
    if (limit) RC_ASSERT(allocator.reserved() <= *limit);
  }
  for (const auto allocation : live) allocator.free(allocation);
  RC_ASSERT(allocator.allocated() == Bytes(0));
}

// In the order of a stack nothing is ever free below what is in use: what is reserved is the peak
// in use, in pages of 20 MiB.
RC_GTEST_PROP(CachingAllocator, WithoutHolesThePeakIsReserved, ()) {
  CachingAllocator allocator(SegmentKind::kExpandable);
  std::vector<CachingAllocator::Allocation> stack;
  for (const Request& request : requests()) {
    if (request.frees && !stack.empty()) {
      allocator.free(stack.back());
      stack.pop_back();
    } else {
      stack.push_back(*allocator.allocate(kCompute, Bytes(kMebi + request.bytes)));
    }
  }
  const std::int64_t page = 20 * kMebi;
  const std::int64_t pages = (allocator.peak_allocated().value() + page - 1) / page;
  RC_ASSERT(allocator.peak_reserved() == Bytes(pages * page));
}

}  // namespace
}  // namespace seqspan::sim
