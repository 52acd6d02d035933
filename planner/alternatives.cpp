#include "planner/alternatives.hpp"

#include <array>
#include <functional>

#include "planner/compare.hpp"
#include "planner/space.hpp"
#include "sim/layout/legality.hpp"
#include "sim/lower/framework_traits.hpp"

namespace seqspan::planner {
namespace {

using sim::Layout;

// A degree of two or more of which a layout may have another.
struct Degree {
  const char* key;
  std::int64_t Layout::*member;
  bool divides_world;  // so that dp changes with it
};
constexpr std::array kDegrees = {Degree{"tp", &Layout::tp, true},
                                 Degree{"ulysses", &Layout::ulysses, true},
                                 Degree{"ring", &Layout::ring, true},
                                 Degree{"pp", &Layout::pp, true},
                                 Degree{"vpp", &Layout::vpp, false},
                                 Degree{"ep", &Layout::ep, false},
                                 Degree{"micro_batch", &Layout::micro_batch, false},
                                 Degree{"head_groups", &Layout::head_groups, false}};

class Answers {
 public:
  Answers(sim::Simulator& simulator, const Layout& layout)
      : simulator_(simulator), layout_(layout), simulation_(simulator.simulate(layout)) {}

  void add(const char* key, const std::string& value, const std::string& instead,
           const Layout& changed) {
    Alternative answer{key, value, instead, changed, {}, {}, {}, {}};
    answer.refused = sim::broken_rule(simulator_.job(), changed);
    if (!answer.refused) {
      const sim::Simulation other = simulator_.simulate(changed);
      answer.peak = other.peak.peak;
      if (other.fits) {
        answer.step = other.time.step;
        answer.loses = loss_against(simulation_, other);
      } else {
        answer.refused = other.peak.peak > other.capacity ? sim::ReasonCode::kDoesNotFit
                                                          : sim::ReasonCode::kHostDoesNotFit;
      }
    }
    answers_.push_back(std::move(answer));
  }

  void add_degree(const Degree& degree) {
    const std::int64_t value = layout_.*degree.member;
    for (const std::int64_t other : {value / 2, value * 2}) {
      if (other < 1 || (other < value && value % 2 != 0)) continue;
      Layout changed = layout_;
      changed.*degree.member = other;
      if (degree.divides_world) {
        // What is left of the cluster; where nothing is, the change alone needs a larger one.
        const std::int64_t world = layout_.world();
        changed.dp = std::max<std::int64_t>(1, world / (changed.world() / changed.dp));
      }
      add(degree.key, std::to_string(value), std::to_string(other), changed);
    }
  }

  template <class Value>
  void add_choice(const char* key, Value Layout::*member, std::initializer_list<Value> values,
                  bool matters = true) {
    if (!matters) return;
    for (const Value other : values) {
      if (other == layout_.*member) continue;
      Layout changed = layout_;
      changed.*member = other;
      add(key, name_of(layout_.*member), name_of(other), changed);
    }
  }

  std::vector<Alternative> take() { return std::move(answers_); }

 private:
  sim::Simulator& simulator_;
  Layout layout_;
  sim::Simulation simulation_;
  std::vector<Alternative> answers_;
};

bool has_experts(const sim::Model& model) {
  for (const sim::Tower& tower : model.towers) {
    for (const sim::LayerKind& kind : tower.kinds) {
      if (std::holds_alternative<sim::MixtureOfExperts>(kind.feed_forward)) return true;
    }
  }
  return false;
}

}  // namespace

std::vector<Alternative> alternatives(sim::Simulator& simulator, const Layout& layout) {
  const sim::FrameworkTraits& traits = sim::traits_of(simulator.job().framework);
  Answers answers(simulator, layout);
  for (const Degree& degree : kDegrees) {
    const std::string_view key = degree.key;
    const bool is_offered =
        (key != "tp" || traits.tensor_parallel) && (key != "ulysses" || traits.ulysses) &&
        (key != "ring" || traits.ring_point_to_point || traits.ring_all_gather) &&
        ((key != "pp" && key != "vpp") || traits.pipeline_parallel) &&
        (key != "head_groups" || layout.head_groups > 1) && (key != "vpp" || layout.pp > 1) &&
        (key != "ep" || has_experts(simulator.job().model));
    if (is_offered) answers.add_degree(degree);
  }
  const bool has_ring = layout.ring > 1;
  answers.add_choice("kv_exchange", &Layout::kv_exchange,
                     {sim::KvExchange::kPointToPoint, sim::KvExchange::kAllGather},
                     has_ring && traits.ring_point_to_point && traits.ring_all_gather);
  answers.add_choice(
      "ring_order", &Layout::ring_order,
      {sim::RingOrder::kZigzag, sim::RingOrder::kContiguous, sim::RingOrder::kStriped},
      has_ring && (traits.contiguous_order || traits.striped_order));
  answers.add_choice("placement", &Layout::placement,
                     {sim::Placement::kUlyssesInner, sim::Placement::kRingInner},
                     has_ring && layout.ulysses > 1 && traits.ring_inner);
  answers.add_choice("placement", &Layout::placement,
                     {sim::Placement::kUlyssesInner, sim::Placement::kPipelineInner},
                     layout.pp > 1 && layout.dp > 1 && traits.pipeline_inner);
  answers.add_choice("recompute", &Layout::recompute,
                     {sim::Recompute::kNone, sim::Recompute::kSelective, sim::Recompute::kFull});
  answers.add_choice("sharding", &Layout::sharding,
                     {sim::Sharding::kNone, sim::Sharding::kOptimizer, sim::Sharding::kGradients,
                      sim::Sharding::kParameters});
  return answers.take();
}

}  // namespace seqspan::planner
