#include "planner/group_choices.hpp"

#include <algorithm>
#include <tuple>

#include "sim/layout/legality.hpp"
#include "sim/lower/framework_traits.hpp"
#include "sim/spec/layer_facts.hpp"

namespace seqspan::planner {
namespace {

using sim::Layout;

std::int64_t kv_copies(const sim::Job& job, const Layout& layout) {
  std::int64_t copies = 1;
  for (const sim::LayerKind& kind : job.model.towers.front().kinds) {
    const std::int64_t split = layout.tp * layout.ulysses;
    copies = std::max(copies, split / std::max<std::int64_t>(1, sim::heads_of(kind.attention).kv));
  }
  return copies;
}

sim::Bytes sent_by(const sim::Simulation& simulation) {
  sim::Bytes sent;
  for (const sim::TrafficRow& row : simulation.traffic) {
    switch (row.axis) {
      case sim::Axis::kTensor:
      case sim::Axis::kUlysses:
      case sim::Axis::kUlyssesInNode:
      case sim::Axis::kUlyssesAcross:
      case sim::Axis::kRing:
        sent += row.bytes_sent_per_gpu * row.count;
        break;
      default:
        break;
    }
  }
  return sent;
}

GroupChoice judge(sim::Simulator& simulator, const Layout& layout) {
  GroupChoice choice;
  choice.layout = layout;
  choice.kv_copies = kv_copies(simulator.job(), layout);
  choice.refused = sim::broken_rule(simulator.job(), layout);
  if (choice.refused) return choice;
  const sim::Simulation simulation = simulator.simulate(layout);
  choice.peak = simulation.peak.peak;
  choice.sent = sent_by(simulation);
  if (simulation.fits) {
    choice.step = simulation.time.step;
  } else {
    choice.refused = simulation.peak.peak > simulation.capacity ? sim::ReasonCode::kDoesNotFit
                                                                : sim::ReasonCode::kHostDoesNotFit;
  }
  return choice;
}

// Those that fit by step, then those that do not, then those that break a rule.
auto order_of(const GroupChoice& choice) {
  const int kind = !choice.refused ? 0 : choice.peak > sim::Bytes(0) ? 1 : 2;
  return std::tuple(kind, choice.step.value(), choice.layout.tp, -choice.layout.ulysses);
}

bool goes_before(const GroupChoice& a, const GroupChoice& b) { return order_of(a) < order_of(b); }

}  // namespace

std::vector<GroupChoice> group_choices(sim::Simulator& simulator, const Layout& layout) {
  const sim::FrameworkTraits& traits = sim::traits_of(simulator.job().framework);
  const std::int64_t size = layout.tp * layout.cp();
  std::vector<GroupChoice> choices;
  if (size == 1) return choices;
  for (std::int64_t tp = 1; tp <= size; ++tp) {
    if (size % tp != 0 || (tp > 1 && !traits.tensor_parallel)) continue;
    for (std::int64_t ulysses = 1; ulysses <= size / tp; ++ulysses) {
      if (size / tp % ulysses != 0) continue;
      Layout other = layout;
      other.tp = tp;
      other.ulysses = ulysses;
      other.ring = size / tp / ulysses;
      const bool offered =
          (ulysses == 1 || traits.ulysses) &&
          (other.ring == 1 || traits.ring_point_to_point || traits.ring_all_gather);
      if (!offered) continue;
      if (ulysses % other.ulysses_in_node != 0) other.ulysses_in_node = 1;
      if (ulysses == 1 || other.ring > 1) other.head_groups = 1;
      other.kv_exchange = traits.kv_exchange;
      GroupChoice best = judge(simulator, other);
      if (other.ring > 1 && ulysses == 1 && traits.ring_point_to_point && traits.ring_all_gather) {
        other.kv_exchange = traits.kv_exchange == sim::KvExchange::kPointToPoint
                                ? sim::KvExchange::kAllGather
                                : sim::KvExchange::kPointToPoint;
        best = std::min(best, judge(simulator, other), goes_before);
      }
      choices.push_back(best);
    }
  }
  std::stable_sort(choices.begin(), choices.end(), goes_before);
  return choices;
}

}  // namespace seqspan::planner
