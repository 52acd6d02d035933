#include "planner/context_trade.hpp"

#include <algorithm>

namespace seqspan::planner {
namespace {

auto at_size(auto& layouts, std::int64_t size) {
  return std::lower_bound(
      layouts.begin(), layouts.end(), size,
      [](const Candidate& known, std::int64_t cp) { return known.layout.cp() < cp; });
}

}  // namespace

void ContextTrade::add(const Candidate& candidate) {
  const std::int64_t size = candidate.layout.cp();
  const auto place = at_size(fastest_, size);
  if (place == fastest_.end() || place->layout.cp() != size) {
    fastest_.insert(place, candidate);
  } else if (faster(candidate, *place)) {
    *place = candidate;
  }
}

bool ContextTrade::beats(const sim::Layout& layout, sim::Seconds least_step) const {
  const auto place = at_size(fastest_, layout.cp());
  return place != fastest_.end() && place->layout.cp() == layout.cp() &&
         place->evaluation.step < least_step;
}

}  // namespace seqspan::planner
