// Arrows between processes of a trace: from what one stage or rank sends to where another has it.
#pragma once

#include <array>
#include <cstdint>
#include <map>

#include "cli/trace/event_list.hpp"

namespace seqspan::cli {

// Numbers arrows, and remembers where the chunks of shown stages begin.
struct FlowIds {
  std::int64_t last = 0;
  struct Start {
    Track track;
    std::int64_t at = 0;
  };
  // By stage, micro-batch, chunk and direction (1: forward).
  std::map<std::array<std::int64_t, 4>, Start> starts;
  std::map<std::array<std::int64_t, 4>, Start> sends;  // by what they lead to
  struct Hop {
    Start start;
    std::int64_t sender = 0;  // rank of the ring
  };
  // By rank of the ring, micro-batch, direction and number in the micro-batch.
  std::map<std::array<std::int64_t, 4>, Hop> hops;
};

// Arrows from the sends of shown stages to what waits for them on shown stages.
void add_hand_overs(FlowIds& flows, EventList& events);
// From the hops of shown ranks of a ring to the same hop of the rank that they send to.
void add_hops(FlowIds& flows, EventList& events);

}  // namespace seqspan::cli
