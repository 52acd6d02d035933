#include "cli/render/layout_choice.hpp"

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include "sim/layout/resolve.hpp"
#include "sim/spec/layout_text.hpp"
#include "tests/unit/cli/sample.hpp"

namespace seqspan::cli {
namespace {

sim::Layout read_back(const sim::Job& job, const std::string& text) {
  return sim::resolve(job, sim::override_with(*sim::parse_layout(text), job.layout));
}

TEST(ShortLayout, LeavesOutWhatFollows) {
  EXPECT_EQ(short_layout(sample::job(), sample::layout()), "tp=2,ulysses=4,recompute=full");
}

TEST(ShortLayout, IsNeverEmpty) {
  const sim::Job job = sample::job();
  EXPECT_EQ(short_layout(job, sim::resolve(job, {})), "dp=8");
}

TEST(ShortLayout, SaysWhatDiffersFromTheJob) {
  sim::Job job = sample::job();
  job.layout.tp = 4;
  job.layout.recompute = sim::Recompute::kFull;
  sim::Layout layout = sim::resolve(job, job.layout);
  EXPECT_EQ(short_layout(job, layout), "tp=4");
  layout.tp = 1;
  layout.dp = 8;
  layout.recompute = sim::Recompute::kNone;
  EXPECT_EQ(short_layout(job, layout), "tp=1,recompute=none");
}

RC_GTEST_PROP(ShortLayout, ReadsBackAsTheSameLayout, ()) {
  const auto degree = [] { return *rc::gen::element<std::int64_t>(1, 2, 4); };
  sim::Layout layout;
  layout.tp = degree();
  layout.ulysses = degree();
  layout.ring = degree();
  layout.pp = degree();
  layout.dp = degree();
  layout.micro_batch = degree();
  layout.loss_chunks = degree();
  layout.ring_order = *rc::gen::element(sim::RingOrder::kZigzag, sim::RingOrder::kContiguous);
  layout.kv_exchange =
      *rc::gen::element(sim::KvExchange::kPointToPoint, sim::KvExchange::kAllGather);
  layout.sharding = *rc::gen::element(sim::Sharding::kNone, sim::Sharding::kParameters);
  sim::Job job = sample::job();
  if (*rc::gen::arbitrary<bool>()) job.layout.tp = degree();
  if (*rc::gen::arbitrary<bool>()) job.layout.sharding = sim::Sharding::kNone;
  RC_ASSERT(read_back(job, short_layout(job, layout)) == layout);
}

}  // namespace
}  // namespace seqspan::cli
