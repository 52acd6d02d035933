#include "sim/spec/layout_text.hpp"

#include <gtest/gtest.h>
// RapidCheck's GoogleTest support needs gtest.h before it.
#include <rapidcheck/gtest.h>

namespace seqspan::sim {
namespace {

template <class Enum>
Enum any_up_to(Enum last) {
  return static_cast<Enum>(*rc::gen::inRange(0, static_cast<int>(last) + 1));
}

RC_GTEST_PROP(LayoutText, ReadsBackWhatItWrites, ()) {
  const auto degree = [] { return *rc::gen::inRange<std::int64_t>(1, 4097); };
  Layout layout;
  for (std::int64_t Layout::*field :
       {&Layout::tp, &Layout::ulysses, &Layout::ring, &Layout::pp, &Layout::vpp, &Layout::ep,
        &Layout::etp, &Layout::dp, &Layout::micro_batch, &Layout::loss_chunks}) {
    layout.*field = degree();
  }
  layout.sequence_parallel = *rc::gen::inRange(0, 2) == 1;
  layout.ring_order = any_up_to(RingOrder::kStriped);
  layout.kv_exchange = any_up_to(KvExchange::kAllGather);
  layout.placement = any_up_to(Placement::kPipelineInner);
  layout.recompute = any_up_to(Recompute::kFull);
  layout.sharding = any_up_to(Sharding::kParameters);
  const Result<LayoutChoice> choice = parse_layout(to_string(layout));
  RC_ASSERT(choice.has_value());
  RC_ASSERT(complete(*choice, Layout{}) == layout);
}

TEST(LayoutText, LeavesTheRestOpen) {
  const Result<LayoutChoice> choice = parse_layout("tp=2,recompute=full");
  ASSERT_TRUE(choice);
  EXPECT_EQ(choice->tp, 2);
  EXPECT_EQ(choice->recompute, Recompute::kFull);
  EXPECT_FALSE(choice->ulysses);
  EXPECT_TRUE(parse_layout(""));
  const LayoutChoice both = override_with(*choice, *parse_layout("tp=4,ring=8"));
  EXPECT_EQ(both.tp, 2);
  EXPECT_EQ(both.ring, 8);
}

}  // namespace
}  // namespace seqspan::sim
