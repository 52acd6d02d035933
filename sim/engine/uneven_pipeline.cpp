#include "sim/engine/uneven_pipeline.hpp"

#include <algorithm>

namespace seqspan::sim {

// The turns of a stage: those ahead, then forward and backward in turn, then the rest.
InterleavedOrder::Turn InterleavedOrder::turn_of(std::size_t turn, std::size_t ahead,
                                                 std::size_t all) {
  if (turn < ahead) return {true, turn};
  const std::size_t later = turn - ahead;
  if (later < 2 * (all - ahead)) {
    return {later % 2 == 0, later % 2 == 0 ? ahead + later / 2 : later / 2};
  }
  return {false, turn - all};
}

const std::vector<InterleavedOrder::Task>& InterleavedOrder::of(std::size_t p, std::size_t v,
                                                                std::size_t m) {
  const std::array sizes{p, v, m};
  const auto has_sizes = [&](const Order& order) { return order.sizes == sizes; };
  const bool is_large = 2 * v * p * m > kMostKept;
  const auto known = std::find_if(kept_.begin(), kept_.end(), has_sizes);
  Order& order = is_large ? large_ : known != kept_.end() ? *known : kept_.back();
  if (!has_sizes(order)) {
    order.sizes = sizes;
    // Whichever place an order finds later on, nothing is allocated there again.
    if (!is_large) order.tasks.reserve(kMostKept);
    find(order);
  }
  if (is_large) return large_.tasks;
  const auto at = kept_.begin() + (&order - kept_.data());
  std::rotate(kept_.begin(), at, at + 1);
  return kept_.front().tasks;
}

void InterleavedOrder::find(Order& order) {
  const auto [p, v, m] = order.sizes;
  order.tasks.clear();
  const std::size_t all = v * p * m;
  is_done_.assign(2 * all + 1, false);
  is_done_.back() = true;
  turns_.assign(p, 0);
  for (bool progress = true; progress;) {
    progress = false;
    for (std::size_t i = 0; i < p; ++i) {
      const std::size_t ahead = std::min(m * v, 2 * (p - 1 - i) + (v - 1) * p);
      for (; turns_[i] < 2 * m * v; ++turns_[i]) {
        const Turn turn = turn_of(turns_[i], ahead, m * v);
        const std::size_t place = turn.number % (p * v) / p;  // among chunks
        const std::size_t j = turn.number / (p * v) * p + turn.number % p;
        const std::size_t piece = (turn.is_forward ? place : v - 1 - place) * p + i;
        const std::size_t at = piece * m + j;
        std::size_t after = 2 * all;
        if (turn.is_forward && piece > 0) after = at - m;
        if (!turn.is_forward) after = piece + 1 < v * p ? all + at + m : at;
        if (!is_done_[after]) break;
        const std::size_t index = turn.is_forward ? at : all + at;
        is_done_[index] = true;
        order.tasks.push_back({static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(after),
                               static_cast<std::uint32_t>(j), static_cast<std::uint16_t>(i),
                               turn.is_forward, after != 2 * all && after != at});
        progress = true;
      }
    }
  }
}

}  // namespace seqspan::sim
