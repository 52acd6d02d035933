#include "sim/cluster/relays.hpp"

#include <algorithm>
#include <tuple>

namespace seqspan::sim {
namespace {

// NICs with a link to the network, by number: those at a GPU itself, and those at a PCIe switch of
// it.
std::vector<std::vector<std::int32_t>> rails_of_gpus(const ClusterGraph& graph) {
  std::vector<std::vector<std::int32_t>> at(graph.vertex_count());
  std::vector<bool> alive(graph.vertex_count());
  for (const Edge& edge : graph.edges()) {
    if (!edge.missing() && is_network_switch(graph.vertex(edge.to).kind)) alive[edge.from] = true;
  }
  const auto note = [&](VertexKind from) {
    for (const Edge& edge : graph.edges()) {
      if (graph.vertex(edge.from).kind != from || edge.missing()) continue;
      const Vertex& to = graph.vertex(edge.to);
      auto& rails = at[edge.from];
      if (to.kind == VertexKind::kNic && alive[edge.to]) rails.push_back(to.index);
      if (from == VertexKind::kGpu && to.kind == VertexKind::kPcieSwitch) {
        rails.insert(rails.end(), at[edge.to].begin(), at[edge.to].end());
      }
    }
  };
  note(VertexKind::kPcieSwitch);
  note(VertexKind::kGpu);
  at.resize(static_cast<std::size_t>(graph.gpus()));
  return at;
}

}  // namespace

Relays::Relays(const ClusterGraph& graph)
    : graph_(&graph),
      nvlink_(graph, Through::kNvlink),
      network_(graph, Through::kNetwork),
      rails_(rails_of_gpus(graph)) {}

std::vector<VertexIndex> Relays::neighbours(VertexIndex gpu) const {
  std::vector<VertexIndex> gpus = nvlink_.reachable(gpu);
  const std::int32_t node = graph_->vertex(gpu).group;
  gpus.erase(std::remove_if(gpus.begin(), gpus.end(),
                            [&](VertexIndex v) { return graph_->vertex(v).group != node; }),
             gpus.end());
  return gpus;
}

bool Relays::share_rail(VertexIndex a, VertexIndex b) const {
  return std::any_of(rails_[a].begin(), rails_[a].end(), [&](std::int32_t rail) {
    return std::find(rails_[b].begin(), rails_[b].end(), rail) != rails_[b].end();
  });
}

std::vector<VertexIndex> Relays::senders(VertexIndex source, VertexIndex receiver) const {
  const bool by_rail = graph_->rails() && graph_->pxn();
  std::vector<VertexIndex> candidates = {source};
  if (by_rail || rails_[source].empty()) {
    const std::vector<VertexIndex> others = neighbours(source);
    candidates.insert(candidates.end(), others.begin(), others.end());
  }
  using Key = std::tuple<std::int32_t, bool, bool, double>;
  std::vector<VertexIndex> best;
  Key best_key;
  for (const VertexIndex gpu : candidates) {
    if (network_.hops(gpu) <= 0) continue;
    const Key key{network_.hops(gpu), by_rail && !share_rail(gpu, receiver), gpu != source,
                  -network_.width(gpu)};
    if (best.empty() || key < best_key) {
      best = {gpu};
      best_key = key;
    } else if (key == best_key) {
      best.push_back(gpu);
    }
  }
  std::sort(best.begin(), best.end());
  return best;
}

Relay Relays::between(VertexIndex source, VertexIndex destination) {
  Relay relay;
  relay.receiver = destination;
  nvlink_.aim(destination);
  if (nvlink_.hops(source) > 0) {
    relay.found = relay.nvlink = true;
    return relay;
  }
  network_.aim(destination);
  relay.senders = senders(source, destination);
  if (relay.senders.empty() && rails_[destination].empty()) {
    std::int32_t fewest = 0;
    for (const VertexIndex gpu : neighbours(destination)) {
      network_.aim(gpu);
      std::vector<VertexIndex> found = senders(source, gpu);
      if (found.empty()) continue;
      const std::int32_t hops = network_.hops(found.front());
      if (!relay.senders.empty() && hops >= fewest) continue;
      relay.senders = std::move(found);
      relay.receiver = gpu;
      fewest = hops;
    }
    network_.aim(relay.receiver);
  }
  relay.found = !relay.senders.empty();
  return relay;
}

}  // namespace seqspan::sim
