#include "sim/network/flow/max_min.hpp"

#include <algorithm>
#include <cmath>

namespace seqspan::sim {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();

}  // namespace

MaxMinSolver::MaxMinSolver(const FlowSet& flows)
    : flows_(flows),
      on_link_begin_(flows.link_count() + 1, 0),
      links_(flows.link_count()),
      rates_(flows.flow_count()),
      is_touched_(flows.link_count(), 0) {
  const auto count = static_cast<FlowIndex>(flows.flow_count());
  for (FlowIndex flow = 0; flow < count; ++flow) {
    for (const LinkIndex link : flows.route(flow)) ++on_link_begin_[link + 1];
    if (std::isfinite(flows.cap(flow).value())) capped_.push_back(flow);
  }
  for (std::size_t link = 0; link < flows.link_count(); ++link) {
    on_link_begin_[link + 1] += on_link_begin_[link];
  }
  on_link_.resize(on_link_begin_.back());
  std::vector<std::uint32_t> next(on_link_begin_.begin(), on_link_begin_.end() - 1);
  for (FlowIndex flow = 0; flow < count; ++flow) {
    for (const LinkIndex link : flows.route(flow)) on_link_[next[link]++] = flow;
  }
  std::stable_sort(capped_.begin(), capped_.end(),
                   [&](FlowIndex a, FlowIndex b) { return flows.cap(a) < flows.cap(b); });
}

double MaxMinSolver::share(LinkIndex link) const {
  return std::max(links_[link].left, 0.0) / links_[link].open;
}

void MaxMinSolver::push(LinkIndex link) {
  LinkState& state = links_[link];
  ++state.version;
  if (state.open == 0) return;
  queue_.push_back({share(link), link, state.version});
  std::push_heap(queue_.begin(), queue_.end(), [](const Entry& a, const Entry& b) {
    return a.share != b.share ? a.share > b.share : a.link > b.link;
  });
}

void MaxMinSolver::fix(FlowIndex flow, double rate) {
  open_[flow] = 0;
  rates_[flow] = BytesPerSecond(rate);
  for (const LinkIndex link : flows_.route(flow)) {
    links_[link].left -= rate;
    --links_[link].open;
    if (is_touched_[link] == 0) {
      is_touched_[link] = 1;
      touched_.push_back(link);
    }
  }
}

const std::vector<BytesPerSecond>& MaxMinSolver::solve() {
  return solve(std::vector<std::uint8_t>(flows_.flow_count(), 1));
}

const std::vector<BytesPerSecond>& MaxMinSolver::solve(const std::vector<std::uint8_t>& active) {
  const auto later = [](const Entry& a, const Entry& b) {
    return a.share != b.share ? a.share > b.share : a.link > b.link;
  };
  open_.assign(active.begin(), active.end());
  std::fill(rates_.begin(), rates_.end(), BytesPerSecond(0));
  queue_.clear();
  for (std::size_t link = 0; link < links_.size(); ++link) {
    LinkState& state = links_[link];
    state = {flows_.capacity(static_cast<LinkIndex>(link)).value(), 0, 0};
    for (std::uint32_t i = on_link_begin_[link]; i < on_link_begin_[link + 1]; ++i) {
      state.open += open_[on_link_[i]] != 0 ? 1U : 0U;
    }
    push(static_cast<LinkIndex>(link));
  }

  std::size_t next_capped = 0;
  for (;;) {
    // Entries of links whose flows have changed since are stale.
    while (!queue_.empty() && queue_.front().version != links_[queue_.front().link].version) {
      std::pop_heap(queue_.begin(), queue_.end(), later);
      queue_.pop_back();
    }
    while (next_capped < capped_.size() && open_[capped_[next_capped]] == 0) ++next_capped;
    double link_share = kInfinite;
    if (!queue_.empty()) link_share = queue_.front().share;
    double cap = kInfinite;
    if (next_capped < capped_.size()) cap = flows_.cap(capped_[next_capped]).value();
    if (cap == kInfinite && link_share == kInfinite) break;

    touched_.clear();
    if (cap <= link_share) {
      fix(capped_[next_capped++], cap);
    } else {
      const LinkIndex link = queue_.front().link;
      for (std::uint32_t i = on_link_begin_[link]; i < on_link_begin_[link + 1]; ++i) {
        if (open_[on_link_[i]] != 0) fix(on_link_[i], link_share);
      }
    }
    for (const LinkIndex link : touched_) {
      is_touched_[link] = 0;
      push(link);
    }
  }
  for (std::size_t flow = 0; flow < open_.size(); ++flow) {
    if (open_[flow] != 0) rates_[flow] = kUncapped;
  }
  return rates_;
}

}  // namespace seqspan::sim
