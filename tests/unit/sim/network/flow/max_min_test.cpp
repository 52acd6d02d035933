#include "sim/network/flow/max_min.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>

namespace seqspan::sim {
namespace {

BytesPerSecond rate(double bytes_per_second) { return BytesPerSecond(bytes_per_second); }

// Two flows share a link of 10; one of them also crosses a link of 3 and gets 3, which leaves 7 for
// the other.
TEST(MaxMin, ABottleneckElsewhereLeavesMoreForTheOthers) {
  FlowSet flows;
  const LinkIndex wide = flows.add_link(rate(10));
  const LinkIndex narrow = flows.add_link(rate(3));
  flows.add_flow(Bytes(1), {wide, narrow});
  flows.add_flow(Bytes(1), {wide});
  MaxMinSolver solver(flows);
  const auto& rates = solver.solve();
  EXPECT_DOUBLE_EQ(rates[0].value(), 3.0);
  EXPECT_DOUBLE_EQ(rates[1].value(), 7.0);
}

// The linear network of Bertsekas and Gallager: one flow over all n links, one over each: all get
// C/2.
TEST(MaxMin, LinearNetwork) {
  FlowSet flows;
  std::vector<LinkIndex> links;
  links.reserve(5);
  for (int i = 0; i < 5; ++i) links.push_back(flows.add_link(rate(8)));
  flows.add_flow(Bytes(1), links);
  for (const LinkIndex link : links) flows.add_flow(Bytes(1), {link});
  MaxMinSolver solver(flows);
  for (const BytesPerSecond r : solver.solve()) EXPECT_DOUBLE_EQ(r.value(), 4.0);
}

TEST(MaxMin, CapsAreKeptAndLeaveTheRest) {
  FlowSet flows;
  const LinkIndex link = flows.add_link(rate(10));
  flows.add_flow(Bytes(1), {link}, rate(1));
  flows.add_flow(Bytes(1), {link});
  flows.add_flow(Bytes(1), {link}, rate(100));
  MaxMinSolver solver(flows);
  const auto& rates = solver.solve();
  EXPECT_DOUBLE_EQ(rates[0].value(), 1.0);
  EXPECT_DOUBLE_EQ(rates[1].value(), 4.5);
  EXPECT_DOUBLE_EQ(rates[2].value(), 4.5);
}

TEST(MaxMin, NothingCrossesALinkWithoutCapacity) {
  FlowSet flows;
  const LinkIndex dead = flows.add_link(rate(0));
  const LinkIndex alive = flows.add_link(rate(10));
  flows.add_flow(Bytes(1), {dead, alive});
  flows.add_flow(Bytes(1), {alive});
  MaxMinSolver solver(flows);
  const auto& rates = solver.solve();
  EXPECT_DOUBLE_EQ(rates[0].value(), 0.0);
  EXPECT_DOUBLE_EQ(rates[1].value(), 10.0);
}

TEST(MaxMin, AFlowThatNothingLimitsIsInfinitelyFast) {
  FlowSet flows;
  flows.add_flow(Bytes(1), {});
  MaxMinSolver solver(flows);
  EXPECT_TRUE(std::isinf(solver.solve()[0].value()));
}

TEST(MaxMin, InactiveFlowsTakeNothing) {
  FlowSet flows;
  const LinkIndex link = flows.add_link(rate(10));
  flows.add_flow(Bytes(1), {link});
  flows.add_flow(Bytes(1), {link});
  MaxMinSolver solver(flows);
  const auto& rates = solver.solve({1, 0});
  EXPECT_DOUBLE_EQ(rates[0].value(), 10.0);
  EXPECT_DOUBLE_EQ(rates[1].value(), 0.0);
}

FlowSet random_set() {
  FlowSet flows;
  const auto links = *rc::gen::inRange<LinkIndex>(1, 12);
  for (LinkIndex i = 0; i < links; ++i) flows.add_link(rate(*rc::gen::inRange(1, 100)));
  const auto count = *rc::gen::inRange<std::size_t>(1, 30);
  for (std::size_t i = 0; i < count; ++i) {
    std::vector<LinkIndex> route;
    for (LinkIndex link = 0; link < links; ++link) {
      if (*rc::gen::inRange(0, 3) == 0) route.push_back(link);
    }
    if (route.empty()) route.push_back(*rc::gen::inRange<LinkIndex>(0, links));
    const bool capped = *rc::gen::inRange(0, 4) == 0;
    flows.add_flow(Bytes(*rc::gen::inRange(1, 1000)), route,
                   capped ? rate(*rc::gen::inRange(1, 50)) : kUncapped);
  }
  return flows;
}

// The definition: no link carries more than it can, and every flow is at its cap or crosses a full
// link on which no flow is faster.
RC_GTEST_PROP(MaxMin, IsFeasibleAndFair, ()) {
  const FlowSet flows = random_set();
  MaxMinSolver solver(flows);
  const std::vector<BytesPerSecond> rates = solver.solve();
  std::vector<double> used(flows.link_count(), 0.0);
  std::vector<double> fastest(flows.link_count(), 0.0);
  for (FlowIndex flow = 0; flow < flows.flow_count(); ++flow) {
    for (const LinkIndex link : flows.route(flow)) {
      used[link] += rates[flow].value();
      fastest[link] = std::max(fastest[link], rates[flow].value());
    }
  }
  for (LinkIndex link = 0; link < flows.link_count(); ++link) {
    RC_ASSERT(used[link] <= flows.capacity(link).value() * (1.0 + 1e-9));
  }
  for (FlowIndex flow = 0; flow < flows.flow_count(); ++flow) {
    const double r = rates[flow].value();
    bool limited = r >= flows.cap(flow).value() * (1.0 - 1e-9);
    for (const LinkIndex link : flows.route(flow)) {
      const bool full = used[link] >= flows.capacity(link).value() * (1.0 - 1e-9);
      limited = limited || (full && r >= fastest[link] * (1.0 - 1e-9));
    }
    RC_ASSERT(limited);
  }
}

// The order in which flows were added changes no flow's rate.
RC_GTEST_PROP(MaxMin, OrderChangesNothing, ()) {
  const FlowSet flows = random_set();
  FlowSet reversed;
  for (LinkIndex link = 0; link < flows.link_count(); ++link)
    reversed.add_link(flows.capacity(link));
  for (std::size_t i = flows.flow_count(); i-- > 0;) {
    const auto flow = static_cast<FlowIndex>(i);
    reversed.add_flow(flows.size(flow), flows.route(flow), flows.cap(flow));
  }
  MaxMinSolver forward(flows);
  MaxMinSolver backward(reversed);
  const auto a = forward.solve();
  const auto b = backward.solve();
  for (std::size_t i = 0; i < a.size(); ++i) {
    RC_ASSERT(std::abs(a[i] / b[b.size() - 1 - i] - 1.0) < 1e-9);
  }
}

}  // namespace
}  // namespace seqspan::sim
