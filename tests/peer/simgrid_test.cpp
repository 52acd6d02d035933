// The flow solver against SimGrid, whose solver shares no line with ours: 200 random networks and
// sets of flows, all in one simulation, as networks that do not touch.
//
// SimGrid's CM02 model with its correction factors set to 1, no cross traffic, no latency: plain
// max-min sharing until completion (https://simgrid.org/doc/latest/Models.html).
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <simgrid/s4u.hpp>

#include "sim/network/flow/completion.hpp"

namespace seqspan::sim {
namespace {

namespace s4u = simgrid::s4u;

constexpr int kNetworks = 200;
constexpr double kWithin = 0.01;

// Uniform in [low, high], the same on every machine (std distributions are not).
class Draw {
 public:
  std::uint32_t operator()(std::uint32_t low, std::uint32_t high) {
    return low + static_cast<std::uint32_t>(engine_() % (high - low + 1));
  }

 private:
  std::mt19937 engine_{20261123};
};

FlowSet random_network(Draw& draw) {
  FlowSet flows;
  const std::uint32_t links = draw(1, 20);
  for (std::uint32_t i = 0; i < links; ++i) {
    flows.add_link(BytesPerSecond(1e6 * draw(1, 100)));
  }
  const std::uint32_t count = draw(1, 40);
  for (std::uint32_t i = 0; i < count; ++i) {
    std::vector<LinkIndex> route;
    for (LinkIndex link = 0; link < links; ++link) {
      if (draw(1, links) <= 3) route.push_back(link);
    }
    if (route.empty()) route.push_back(draw(0, links - 1));
    flows.add_flow(Bytes(1'000'000 * static_cast<std::int64_t>(draw(1, 100))), route);
  }
  return flows;
}

struct Peer {
  s4u::Host* from;
  s4u::Host* to;
  double bytes;
  double done = 0;
};

// Adds a network to the zone: a pair of hosts per flow, so that each has a route of its own.
void add_network(s4u::NetZone* zone, int network, const FlowSet& flows, std::vector<Peer>& peers) {
  std::vector<s4u::Link*> links;
  for (LinkIndex link = 0; link < flows.link_count(); ++link) {
    const std::string name = "link" + std::to_string(network) + "." + std::to_string(link);
    links.push_back(zone->create_link(name, flows.capacity(link).value())->set_latency(0)->seal());
  }
  for (FlowIndex flow = 0; flow < flows.flow_count(); ++flow) {
    const std::string name = std::to_string(network) + "." + std::to_string(flow);
    s4u::Host* from = zone->create_host("from" + name, 1e9)->seal();
    s4u::Host* to = zone->create_host("to" + name, 1e9)->seal();
    std::vector<s4u::LinkInRoute> route;
    for (const LinkIndex link : flows.route(flow)) route.emplace_back(links[link]);
    zone->add_route(from->get_netpoint(), to->get_netpoint(), nullptr, nullptr, route, false);
    peers.push_back({from, to, static_cast<double>(flows.size(flow).value())});
  }
}

TEST(FlowSolver, AgreesWithSimGrid) {
  int argc = 1;
  char name[] = "simgrid_test";
  char* argv[] = {name, nullptr};
  s4u::Engine engine(&argc, argv);
  for (const char* option :
       {"network/model:CM02", "network/bandwidth-factor:1", "network/latency-factor:1",
        "network/weight-S:0", "network/crosstraffic:0", "contexts/factory:thread",
        "network/TCP-gamma:0"}) {
    s4u::Engine::set_config(option);
  }
  s4u::NetZone* zone = s4u::create_full_zone("networks");
  Draw draw;
  std::vector<FlowSet> networks;
  std::vector<Peer> peers;
  for (int i = 0; i < kNetworks; ++i) {
    networks.push_back(random_network(draw));
    add_network(zone, i, networks.back(), peers);
  }
  zone->seal();
  s4u::Actor::create("start", peers.front().from, [&peers] {
    std::vector<s4u::CommPtr> transfers;
    transfers.reserve(peers.size());
    for (const Peer& peer : peers) {
      transfers.push_back(
          s4u::Comm::sendto_async(peer.from, peer.to, static_cast<std::uint64_t>(peer.bytes)));
    }
    for (std::size_t i = 0; i < peers.size(); ++i) {
      transfers[i]->wait();
      peers[i].done = transfers[i]->get_finish_time();
    }
  });
  engine.run();

  std::size_t next = 0;
  double worst = 0;
  for (const FlowSet& flows : networks) {
    const Completion ours = complete(flows);
    for (FlowIndex flow = 0; flow < flows.flow_count(); ++flow, ++next) {
      const double difference = std::abs(ours.by_flow[flow].value() / peers[next].done - 1.0);
      worst = std::max(worst, difference);
      ASSERT_LE(difference, kWithin)
          << "flow " << flow << " of " << flows.flow_count() << ": " << ours.by_flow[flow].value()
          << " s against SimGrid's " << peers[next].done << " s";
    }
  }
  std::printf("%d networks, %zu flows: largest difference %.2g\n", kNetworks, next, worst);
}

}  // namespace
}  // namespace seqspan::sim
