// Flows over links, and nothing else: what a transfer between two points of a network is to a
// solver that knows neither collectives nor models.
//
// A link has a capacity in one direction (full duplex is two links). A flow has a size, a route of
// links, and optionally a rate of its own that it never exceeds. Routes are stored one after the
// other, so that a million flows take tens of megabytes.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <span>
#include <vector>

#include "sim/units/units.hpp"

namespace seqspan::sim {

using LinkIndex = std::uint32_t;
using FlowIndex = std::uint32_t;

inline constexpr BytesPerSecond kUncapped{std::numeric_limits<double>::infinity()};

class FlowSet {
 public:
  // Capacity in bytes per second; 0 makes a link that nothing can cross.
  LinkIndex add_link(BytesPerSecond capacity);
  // `route` names links at most once each. A flow without links is limited by its cap alone.
  FlowIndex add_flow(Bytes size, std::span<const LinkIndex> route, BytesPerSecond cap = kUncapped);
  FlowIndex add_flow(Bytes size, std::initializer_list<LinkIndex> route,
                     BytesPerSecond cap = kUncapped);
  void reserve(std::size_t flows, std::size_t links_per_flow);

  [[nodiscard]] std::size_t link_count() const { return capacities_.size(); }
  [[nodiscard]] std::size_t flow_count() const { return sizes_.size(); }
  [[nodiscard]] BytesPerSecond capacity(LinkIndex link) const { return capacities_[link]; }
  [[nodiscard]] Bytes size(FlowIndex flow) const { return sizes_[flow]; }
  [[nodiscard]] BytesPerSecond cap(FlowIndex flow) const { return caps_[flow]; }
  [[nodiscard]] std::span<const LinkIndex> route(FlowIndex flow) const {
    return {routes_.data() + route_begin_[flow], route_begin_[flow + 1] - route_begin_[flow]};
  }

 private:
  std::vector<BytesPerSecond> capacities_;
  std::vector<Bytes> sizes_;
  std::vector<BytesPerSecond> caps_;
  std::vector<LinkIndex> routes_;
  std::vector<std::uint32_t> route_begin_{0};
};

}  // namespace seqspan::sim
