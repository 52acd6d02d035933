#include "sim/network/flow/flow_set.hpp"

namespace seqspan::sim {

LinkIndex FlowSet::add_link(BytesPerSecond capacity) {
  capacities_.push_back(capacity);
  return static_cast<LinkIndex>(capacities_.size() - 1);
}

FlowIndex FlowSet::add_flow(Bytes size, std::span<const LinkIndex> route, BytesPerSecond cap) {
  sizes_.push_back(size);
  caps_.push_back(cap);
  routes_.insert(routes_.end(), route.begin(), route.end());
  route_begin_.push_back(static_cast<std::uint32_t>(routes_.size()));
  return static_cast<FlowIndex>(sizes_.size() - 1);
}

FlowIndex FlowSet::add_flow(Bytes size, std::initializer_list<LinkIndex> route,
                            BytesPerSecond cap) {
  return add_flow(size, std::span<const LinkIndex>(route.begin(), route.size()), cap);
}

void FlowSet::reserve(std::size_t flows, std::size_t links_per_flow) {
  sizes_.reserve(flows);
  caps_.reserve(flows);
  route_begin_.reserve(flows + 1);
  routes_.reserve(flows * links_per_flow);
}

}  // namespace seqspan::sim
