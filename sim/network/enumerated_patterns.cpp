#include "sim/network/enumerated_patterns.hpp"

#include <algorithm>

namespace seqspan::sim {
namespace {

double ratio(std::int64_t a, std::int64_t b) {
  return static_cast<double>(a) / static_cast<double>(b);
}

// Without PXN a rank sends by its own NICs. On rails it shares a leaf only with its own rail.
void count_direct(const EnumeratedGroup& group, TierTraffic& links) {
  const std::int64_t n = group.size();
  const MembersByRail* rails = group.by_rail();
  for (std::int64_t i = 0; i < n; ++i) {
    const std::int64_t gpu = group.rank(i);
    const std::int64_t node = group.node(i);
    const std::int64_t rail = links.rail_of(gpu);
    const MemberRun domain = group.in_domain(i);
    const MemberRun leaf = group.in_leaf(i);
    std::int64_t near = join(domain, leaf).size();
    if (rails != nullptr) {
      const MemberRun both = {std::max(domain.first, leaf.first), std::min(domain.end, leaf.end)};
      near = domain.size() + rails->count(rail, leaf) - rails->count(rail, both);
    }
    const double far = ratio(n - domain.size(), n);
    const double over_spine = ratio(n - near, n);
    const double over_core = ratio(n - join(domain, group.in_pod(i)).size(), n);
    for (const Direction direction : {Direction::kOut, Direction::kIn}) {
      links.nvlink(gpu, direction, ratio(domain.size() - 1, n));
      links.nics(gpu, direction, far);
      links.spine(node, rail, direction, over_spine);
      links.core(node, direction, over_core);
    }
  }
}

// With PXN the members of a node send to each rail by the NICs of that rail, whoever sends.
void count_relayed(const EnumeratedGroup& group, TierTraffic& links) {
  const std::int64_t n = group.size();
  const MembersByRail& rails = *group.by_rail();
  for (std::int64_t i = 0; i < n;) {
    const MemberRun node_run = group.in_node(i);
    const MemberRun domain = group.in_domain(i);
    const MemberRun near_leaf = join(domain, group.in_leaf(i));
    const MemberRun near_pod = join(domain, group.in_pod(i));
    const std::int64_t node = group.node(i);
    const std::int64_t far = n - domain.size();
    for (const std::int64_t rail : rails.rails()) {
      const std::int64_t here = rails.count(rail, node_run);
      const std::int64_t far_on_rail = rails.count(rail) - rails.count(rail, domain);
      const auto members = static_cast<double>(node_run.size());
      const double each = ratio(far_on_rail, n);
      rails.for_each(rail, node_run, [&](std::int64_t member) {
        const std::int64_t gpu = group.rank(member);
        links.nvlink(gpu, Direction::kOut, ratio(domain.size() - 1 + far - far_on_rail, n));
        links.nvlink(gpu, Direction::kIn, ratio(domain.size() - 1, n));
        links.nics(gpu, Direction::kOut, each);
        links.nics(gpu, Direction::kIn, ratio(far, n));
      });
      if (far_on_rail == 0) continue;
      links.relay(node, rail, (members - static_cast<double>(here)) * each);
      links.spine(node, rail, Direction::kOut,
                  members * ratio(rails.count(rail) - rails.count(rail, near_leaf), n));
    }
    for (std::int64_t member = node_run.first; member < node_run.end; ++member) {
      links.spine(node, links.rail_of(group.rank(member)), Direction::kIn,
                  ratio(n - near_leaf.size(), n));
      for (const Direction direction : {Direction::kOut, Direction::kIn}) {
        links.core(node, direction, ratio(n - near_pod.size(), n));
      }
    }
    i = node_run.end;
  }
}

// The most that a route between two members adds to the latency. Of every member, one peer of each
// rail in each of the parts beyond its domain, leaf group and pod; until nothing can be slower.
void note_latencies(const EnumeratedGroup& group, const TierTraffic& links, Seconds& further) {
  const std::int64_t n = group.size();
  const MembersByRail* rails = group.by_rail();
  const auto note = [&](std::int64_t i, std::int64_t j) {
    further = std::max(further, links.further_latency(group.rank(i), group.rank(j)));
  };
  for (std::int64_t i = 0; i < n; ++i) {
    if (further >= links.most_further_latency()) return;
    const MemberRun domain = group.in_domain(i);
    for (const MemberRun part :
         {domain, join(domain, group.in_leaf(i)), join(domain, group.in_pod(i))}) {
      for (const MemberRun side : {MemberRun{0, part.first}, MemberRun{part.end, n}}) {
        if (side.size() == 0) continue;
        note(i, side.first);
        if (rails == nullptr) continue;
        for (const std::int64_t rail : rails->rails()) {
          if (const auto peer = rails->first(rail, side)) note(i, *peer);
        }
      }
    }
  }
}

// Calls visit(member, peer, part): where member i of a domain sends its part of a ring, and where
// it is received from is the same the other way around.
template <class Visit>
void for_each_exit(const EnumeratedGroup& group, const TierTraffic& links, MemberRun here,
                   MemberRun next, Visit visit) {
  const MembersByRail* rails = group.by_rail();
  for (std::int64_t i = here.first; i < here.end; ++i) {
    const std::int64_t rail = links.rail_of(group.rank(i));
    const std::int64_t same = rails == nullptr ? 0 : rails->count(rail, next);
    if (same > 0) {
      rails->for_each(rail, next,
                      [&](std::int64_t j) { visit(i, j, 1 / static_cast<double>(same)); });
    } else {
      for (std::int64_t j = next.first; j < next.end; ++j) visit(i, j, ratio(1, next.size()));
    }
  }
}

}  // namespace

void count_all_to_all(const EnumeratedGroup& group, TierTraffic& links, Seconds& further) {
  if (links.relays()) {
    count_relayed(group, links);
  } else {
    count_direct(group, links);
  }
  note_latencies(group, links, further);
}

void count_ring_collective(const EnumeratedGroup& group, TierTraffic& links, Seconds& further) {
  const std::int64_t n = group.size();
  const double edge = ratio(n - 1, n);
  Seconds sum;
  Seconds fastest;
  for (std::int64_t first = 0; first < n;) {
    const MemberRun here = group.in_domain(first);
    for (std::int64_t i = here.first; i < here.end; ++i) {
      const double port = here.size() == n ? edge : edge * ratio(here.size() - 1, here.size());
      links.nvlink(group.rank(i), Direction::kOut, port);
      links.nvlink(group.rank(i), Direction::kIn, port);
    }
    if (here.size() == n) return;
    const MemberRun next = group.in_domain(here.end % n);
    const double share = edge / static_cast<double>(here.size());
    Seconds slowest;
    for_each_exit(group, links, here, next, [&](std::int64_t i, std::int64_t j, double part) {
      links.send(group.rank(i), group.rank(j), share * part);
      slowest = std::max(slowest, links.further_latency(group.rank(i), group.rank(j)));
    });
    fastest = first == 0 ? slowest : std::min(fastest, slowest);
    sum += slowest;
    first = here.end;
  }
  further = std::max(further, sum - fastest);
}

void count_shift(const EnumeratedGroup& group, bool wrap, TierTraffic& links, Seconds& further) {
  const std::int64_t n = group.size();
  for (std::int64_t i = 0; i < (wrap ? n : n - 1); ++i) {
    const std::int64_t from = group.rank(i);
    const std::int64_t to = group.rank((i + 1) % n);
    links.send(from, to, 1);
    further = std::max(further, links.further_latency(from, to));
  }
}

}  // namespace seqspan::sim
