// The planner's inner loop allocates nothing: counted at operator new.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>
#include <vector>

#include "planner/space.hpp"
#include "sim/engine/simulator.hpp"
#include "sim/layout/legality.hpp"
#include "tests/support/job.hpp"

namespace {
std::size_t allocations = 0;
}  // namespace

void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size == 0 ? 1 : size);
}
void* operator new(std::size_t size) {
  void* memory = operator new(size, std::nothrow);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
// Not inlined: the compiler would see free() meet a pointer from new.
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace seqspan::planner {
namespace {

TEST(Allocation, EvaluatingLayoutsAgainAllocatesNothing) {
  struct Case {
    sim::Framework framework;
    bool has_documents;
  };
  for (const Case& test :
       {Case{sim::Framework::kMegatron, false}, Case{sim::Framework::kMegatron, true},
        Case{sim::Framework::kYunchang, false}}) {
    sim::Job job = tests::make_job("Qwen3-30B-A3B", test.framework, 2, 65536, 16);
    job.cluster.device.host = {sim::Seconds(2e-5), sim::Seconds(4e-5), sim::Seconds(1e-5),
                               sim::Seconds(2e-5), sim::Seconds(3e-4)};
    if (test.has_documents) {
      job.training.documents.emplace();
      job.training.documents->lengths = sim::LognormalLengths{4096, 1.5};
      job.training.documents->samples = 20;
    }
    // Three knots that bend: times of tensor parallel groups are read off a curve.
    job.cluster.measured.add({sim::Collective::kAllGather, 8, 8, sim::TimedBy::kMeasurement,
                              *sim::MeasuredCurve::make({{sim::Bytes(1 << 10), sim::Seconds(1e-5)},
                                                         {sim::Bytes(1 << 20), sim::Seconds(2e-5)},
                                                         {sim::Bytes(1 << 30), sim::Seconds(1)}})});
    std::vector<sim::Layout> layouts;
    Space(job).for_each([&](const sim::Layout& layout) {
      if (!sim::broken_rule(job, layout)) layouts.push_back(layout);
    });
    // All remembered, some and none: tables that are full forget, and all is read again.
    for (const sim::ReadingCounts& counts :
         {sim::ReadingCounts{}, sim::ReadingCounts{16, 16, 16}, sim::kNoReadings}) {
      sim::Simulator simulator(job, counts);
      // The first round sees the largest program and every group shape.
      for (const sim::Layout& layout : layouts) (void)simulator.evaluate(layout, true);
      const std::size_t before = allocations;
      for (const sim::Layout& layout : layouts) {
        (void)sim::broken_rule(job, layout);
        (void)simulator.evaluate(layout, true);
      }
      EXPECT_EQ(allocations, before) << layouts.size() << " layouts";
    }
  }
}

}  // namespace
}  // namespace seqspan::planner
