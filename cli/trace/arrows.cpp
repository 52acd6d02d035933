#include "cli/trace/arrows.hpp"

namespace seqspan::cli {

void add_hops(FlowIds& flows, EventList& events) {
  for (const auto& [key, hop] : flows.hops) {
    const auto sent = flows.hops.find({hop.sender, key[1], key[2], key[3]});
    if (sent == flows.hops.end() || sent->second.start.at > hop.start.at) continue;
    ++flows.last;
    events.flow_start(sent->second.start.track, flows.last, sent->second.start.at);
    events.flow_end(hop.start.track, flows.last, hop.start.at);
  }
}

void add_hand_overs(FlowIds& flows, EventList& events) {
  for (const auto& [key, send] : flows.sends) {
    const auto start = flows.starts.find(key);
    if (start == flows.starts.end()) continue;
    ++flows.last;
    events.flow_start(send.track, flows.last, send.at);
    events.flow_end(start->second.track, flows.last, start->second.at);
  }
}

}  // namespace seqspan::cli
