#include "sim/network/axis_landing.hpp"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

namespace seqspan::sim {
namespace {

constexpr std::int64_t kMostGpusByRoutes = 1024;

using Members = std::vector<std::int64_t>;

void add(AxisLanding& landing, Reach reach, std::int64_t pairs) {
  landing.pairs[static_cast<std::size_t>(reach)] += pairs;
}

// Route by route.
void land_by_routes(Routes& routes, const Members& members, AxisLanding& landing) {
  std::vector<Reach> furthest(members.size(), Reach::kNvlink);
  for (const std::int64_t to : members) {
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (members[i] == to) continue;
      const Reach reach =
          routes.reach(static_cast<VertexIndex>(members[i]), static_cast<VertexIndex>(to));
      add(landing, reach, 1);
      furthest[i] = std::max(furthest[i], reach);
    }
  }
  for (const Reach reach : furthest) ++landing.furthest[static_cast<std::size_t>(reach)];
}

// Members by where they sit. Two members in one NVLink domain reach each other over NVLink; else
// the first place that both share decides: leaf, group (PXN, or the spine), pod (spine), cluster.
class Seats {
 public:
  Seats(const ClusterGraph& graph, const Members& members) : tiers_(&graph.tiers()) {
    const bool pxn = graph.rails() && graph.pxn();
    levels_ = {{Reach::kLeaf, {}, {}},
               {pxn ? Reach::kPxn : Reach::kSpine, {}, {}},
               {Reach::kSpine, {}, {}},
               {Reach::kCore, {}, {}}};
    for (const std::int64_t gpu : members) sit(gpu);
  }

  void count(const Members& members, AxisLanding& landing) const {
    for (const auto& [domain, n] : domains_) add(landing, Reach::kNvlink, n * (n - 1));
    std::int64_t nearer = 0;
    for (const Level& level : levels_) {
      std::int64_t pairs = 0;  // in the same place but not in the same domain
      for (const auto& [place, n] : level.places) pairs += n * n;
      for (const auto& [place, n] : level.places_and_domains) pairs -= n * n;
      add(landing, level.reach, pairs - nearer);
      nearer = pairs;
    }
    for (const std::int64_t gpu : members) {
      ++landing.furthest[static_cast<std::size_t>(furthest(gpu, members))];
    }
  }

 private:
  using Place = std::int64_t;
  struct Level {
    Reach reach;
    std::map<Place, std::int64_t> places;
    std::map<std::pair<Place, std::int64_t>, std::int64_t> places_and_domains;
  };

  [[nodiscard]] Place place(std::size_t level, std::int64_t gpu) const {
    const std::int64_t node = tiers_->node_of_gpu(gpu);
    switch (level) {
      case 0:
        return tiers_->leaf_of_nic(tiers_->first_nic(gpu));
      case 1:
        return tiers_->group_of_node(node);
      case 2:
        return tiers_->pod_of_node(node);
      default:
        return 0;
    }
  }

  void sit(std::int64_t gpu) {
    ++domains_[tiers_->domain_of(gpu)];
    for (std::size_t i = 0; i < levels_.size(); ++i) {
      ++levels_[i].places[place(i, gpu)];
      ++levels_[i].places_and_domains[{place(i, gpu), tiers_->domain_of(gpu)}];
    }
  }

  [[nodiscard]] Reach furthest(std::int64_t gpu, const Members& members) const {
    // Peers within a level, beside those of the own domain: fewer than all means some lie beyond.
    const auto others =
        static_cast<std::int64_t>(members.size()) - domains_.at(tiers_->domain_of(gpu));
    if (others == 0) return Reach::kNvlink;
    for (std::size_t i = 0; i < levels_.size(); ++i) {
      const Place at = place(i, gpu);
      const std::int64_t within =
          levels_[i].places.at(at) - levels_[i].places_and_domains.at({at, tiers_->domain_of(gpu)});
      if (within == others) return levels_[i].reach;
    }
    return Reach::kCore;
  }

  const Tiers* tiers_;
  std::map<std::int64_t, std::int64_t> domains_;
  std::vector<Level> levels_;
};

}  // namespace

double AxisLanding::share(Reach reach) const {
  std::int64_t all = 0;
  for (const std::int64_t n : pairs) all += n;
  const auto some = static_cast<double>(pairs[static_cast<std::size_t>(reach)]);
  return all == 0 ? 0 : some / static_cast<double>(all);
}

AxisLanding land(Routes& routes, GroupShape shape, std::int64_t world) {
  AxisLanding landing;
  const ClusterGraph& graph = routes.graph();
  const std::int64_t tile = shape.tile();
  const std::int64_t tiles = std::min(world, graph.gpus()) / tile;
  Members members(static_cast<std::size_t>(shape.size));
  for (std::int64_t t = 0; t < tiles; ++t) {
    for (std::int64_t sibling = 0; sibling < shape.siblings(); ++sibling) {
      const std::int64_t first = t * tile + shape.first(sibling);
      for (std::size_t i = 0; i < members.size(); ++i) {
        members[i] = first + shape.offset(static_cast<std::int64_t>(i));
      }
      ++landing.groups;
      landing.gpus += shape.size;
      if (graph.regular() || (graph.described() && graph.gpus() > kMostGpusByRoutes)) {
        Seats(graph, members).count(members, landing);
      } else {
        land_by_routes(routes, members, landing);
      }
    }
  }
  return landing;
}

}  // namespace seqspan::sim
