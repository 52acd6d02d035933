#include "sim/cluster/routes.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "sim/cluster/relays.hpp"
#include "sim/cluster/tier_routes.hpp"

namespace seqspan::sim {
namespace {

// Chooses among equal links: the same for the same pair and connection, evenly over pairs.
// splitmix64's mixing (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
class Choice {
 public:
  Choice(VertexIndex source, VertexIndex destination, std::uint64_t connection)
      : state_(((std::uint64_t{source} << 32) | destination) ^ (connection * 0xd1342543de82ef95)) {}

  std::size_t among(std::size_t count) {
    if (count == 1) return 0;
    state_ += 0x9e3779b97f4a7c15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    z ^= z >> 31;
    return static_cast<std::size_t>(z % count);
  }

 private:
  std::uint64_t state_;
};

// `steps(state, out)` gives the links on from a state.
template <class Steps>
void walk(std::uint32_t state, Choice& choice, std::vector<Step>& buffer, const Steps& steps,
          std::vector<EdgeIndex>& links) {
  for (steps(state, buffer); !buffer.empty(); steps(state, buffer)) {
    const Step& next = buffer[choice.among(buffer.size())];
    links.push_back(next.edge);
    state = next.state;
  }
}

// Level by level, so that routes that meet again are followed once.
template <class Steps>
void share_out(std::uint32_t state, double part, std::vector<Step>& buffer, const Steps& steps,
               std::map<EdgeIndex, double>& shares) {
  std::map<std::uint32_t, double> level = {{state, part}};
  while (!level.empty()) {
    std::map<std::uint32_t, double> next;
    for (const auto& [at, amount] : level) {
      steps(at, buffer);
      for (const Step& step : buffer) {
        const double each = amount / static_cast<double>(buffer.size());
        shares[step.edge] += each;
        next[step.state] += each;
      }
    }
    level = std::move(next);
  }
}

}  // namespace

class Routes::Implementation {
 public:
  Implementation(const ClusterGraph& graph, RoutesBy by) : graph_(&graph) {
    if (by == RoutesBy::kSearch || !graph.regular()) relays_.emplace(graph);
  }

  [[nodiscard]] const ClusterGraph& graph() const { return *graph_; }

  void route(VertexIndex source, VertexIndex destination, std::vector<EdgeIndex>& links,
             std::uint64_t connection) {
    links.clear();
    if (source == destination) return;
    Choice choice(source, destination, connection);
    if (!relays_) {
      const TierRoutes tiers(*graph_, source, destination);
      walk(
          source, choice, buffer_, [&](auto s, auto& out) { tiers.steps(s, out); }, links);
      return;
    }
    const Relay relay = relays_->between(source, destination);
    if (!relay.found) return;
    const auto leg = [&](Search& search, VertexIndex from, VertexIndex to) {
      if (from == to) return;
      search.aim(to);
      const double width = search.width(from);
      walk(
          Search::start(from), choice, buffer_,
          [&](auto s, auto& out) { search.steps(s, width, out); }, links);
    };
    if (relay.nvlink) return leg(relays_->nvlink(), source, destination);
    const VertexIndex sender = relay.senders[choice.among(relay.senders.size())];
    leg(relays_->nvlink(), source, sender);
    leg(relays_->network(), sender, relay.receiver);
    leg(relays_->nvlink(), relay.receiver, destination);
  }

  void split(VertexIndex source, VertexIndex destination, std::map<EdgeIndex, double>& shares) {
    if (source == destination) return;
    if (!relays_) {
      const TierRoutes tiers(*graph_, source, destination);
      share_out(
          source, 1.0, buffer_, [&](auto s, auto& out) { tiers.steps(s, out); }, shares);
      return;
    }
    const Relay relay = relays_->between(source, destination);
    if (!relay.found) return;
    const auto leg = [&](Search& search, VertexIndex from, VertexIndex to, double part) {
      if (from == to) return;
      search.aim(to);
      const double width = search.width(from);
      share_out(
          Search::start(from), part, buffer_,
          [&](auto s, auto& out) { search.steps(s, width, out); }, shares);
    };
    if (relay.nvlink) return leg(relays_->nvlink(), source, destination, 1.0);
    const double part = 1.0 / static_cast<double>(relay.senders.size());
    for (const VertexIndex sender : relay.senders) {
      leg(relays_->nvlink(), source, sender, part);
      leg(relays_->network(), sender, relay.receiver, part);
    }
    leg(relays_->nvlink(), relay.receiver, destination, 1.0);
  }

 private:
  const ClusterGraph* graph_;
  std::optional<Relays> relays_;
  std::vector<Step> buffer_;
};

Routes::Routes(const ClusterGraph& graph, RoutesBy by)
    : implementation_(std::make_unique<Implementation>(graph, by)) {}
Routes::~Routes() = default;
Routes::Routes(Routes&&) noexcept = default;
Routes& Routes::operator=(Routes&&) noexcept = default;

const ClusterGraph& Routes::graph() const { return implementation_->graph(); }

void Routes::route(VertexIndex source, VertexIndex destination, std::vector<EdgeIndex>& links,
                   std::uint64_t connection) {
  implementation_->route(source, destination, links, connection);
}

std::vector<EdgeIndex> Routes::route(VertexIndex source, VertexIndex destination,
                                     std::uint64_t connection) {
  std::vector<EdgeIndex> links;
  route(source, destination, links, connection);
  return links;
}

std::vector<EdgeShare> Routes::split(VertexIndex source, VertexIndex destination) {
  std::map<EdgeIndex, double> shares;
  implementation_->split(source, destination, shares);
  std::vector<EdgeShare> result;
  result.reserve(shares.size());
  for (const auto& [edge, part] : shares) result.push_back({edge, part});
  return result;
}

Reach Routes::reach(VertexIndex source, VertexIndex destination) {
  VertexKind furthest = VertexKind::kGpu;
  bool over_nvlink = false;
  for (const EdgeIndex e : route(source, destination)) {
    const VertexKind kind = graph().vertex(graph().edge(e).to).kind;
    over_nvlink = over_nvlink || kind == VertexKind::kNvlinkSwitch;
    if (kind != VertexKind::kNvlinkSwitch) furthest = std::max(furthest, kind);
  }
  switch (furthest) {
    case VertexKind::kPcieSwitch:
      return Reach::kPcie;
    case VertexKind::kLeaf:
      return over_nvlink ? Reach::kPxn : Reach::kLeaf;
    case VertexKind::kSpine:
      return Reach::kSpine;
    case VertexKind::kCore:
      return Reach::kCore;
    default:
      return Reach::kNvlink;
  }
}

Seconds Routes::latency(VertexIndex source, VertexIndex destination) {
  Seconds sum;
  for (const EdgeIndex e : route(source, destination)) sum += graph().edge(e).latency;
  return sum;
}

const char* name_of(Reach reach) {
  constexpr std::array<const char*, kReachCount> kNames = {
      "NVLink", "PCIe", "leaf", "leaf after NVLink (PXN)", "spine", "core"};
  return kNames[static_cast<std::size_t>(reach)];
}

void add_load(Routes& routes, VertexIndex source, VertexIndex destination, double bytes,
              std::vector<double>& loads) {
  for (const EdgeShare& share : routes.split(source, destination)) {
    loads[share.edge] += bytes * share.part;
  }
}

}  // namespace seqspan::sim
