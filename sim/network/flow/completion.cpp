#include "sim/network/flow/completion.hpp"

#include <algorithm>
#include <cmath>

#include "sim/network/flow/max_min.hpp"

namespace seqspan::sim {
namespace {

constexpr double kTogether = 1e-9;

}  // namespace

Completion complete(const FlowSet& flows) {
  const std::size_t count = flows.flow_count();
  Completion completion;
  completion.by_flow.assign(count, Seconds(0));
  std::vector<double> left(count);
  std::vector<std::uint8_t> active(count, 0);
  std::size_t running = 0;
  for (std::size_t flow = 0; flow < count; ++flow) {
    left[flow] = static_cast<double>(flows.size(static_cast<FlowIndex>(flow)).value());
    active[flow] = left[flow] > 0 ? 1 : 0;
    running += active[flow];
  }

  MaxMinSolver solver(flows);
  double now = 0;
  while (running > 0) {
    const std::vector<BytesPerSecond>& rates = solver.solve(active);
    ++completion.rounds;
    double next = std::numeric_limits<double>::infinity();
    for (std::size_t flow = 0; flow < count; ++flow) {
      if (active[flow] != 0 && rates[flow].value() > 0) {
        next = std::min(next, left[flow] / rates[flow].value());
      }
    }
    if (!std::isfinite(next)) break;  // what is left cannot move
    const double end = next * (1.0 + kTogether);
    for (std::size_t flow = 0; flow < count; ++flow) {
      if (active[flow] == 0) continue;
      const double rate = rates[flow].value();
      if (rate > 0 && left[flow] <= rate * end) {
        active[flow] = 0;
        --running;
        completion.by_flow[flow] = Seconds(now + next);
      } else {
        left[flow] -= rate * next;
      }
    }
    now += next;
  }
  for (std::size_t flow = 0; flow < count; ++flow) {
    if (active[flow] != 0) {
      completion.by_flow[flow] = Seconds(std::numeric_limits<double>::infinity());
    }
    completion.last = std::max(completion.last, completion.by_flow[flow]);
  }
  return completion;
}

Seconds bottleneck_bound(const FlowSet& flows) {
  std::vector<double> bytes(flows.link_count(), 0.0);
  Seconds bound(0);
  for (std::size_t f = 0; f < flows.flow_count(); ++f) {
    const auto flow = static_cast<FlowIndex>(f);
    if (flows.size(flow).value() == 0) continue;
    for (const LinkIndex link : flows.route(flow)) {
      bytes[link] += static_cast<double>(flows.size(flow).value());
    }
    bound = std::max(bound, flows.size(flow) / flows.cap(flow));
  }
  for (std::size_t l = 0; l < bytes.size(); ++l) {
    if (bytes[l] == 0) continue;
    const double capacity = flows.capacity(static_cast<LinkIndex>(l)).value();
    bound = std::max(bound, Seconds(bytes[l] / capacity));
  }
  return bound;
}

}  // namespace seqspan::sim
