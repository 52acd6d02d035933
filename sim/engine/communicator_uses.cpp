#include "sim/engine/communicator_uses.hpp"

#include <algorithm>

namespace seqspan::sim {
namespace {

void add(CommunicatorUses& uses, const Communication& work) {
  if (work.direct) return;
  CommunicatorUse& use = uses[static_cast<std::size_t>(work.axis)];
  switch (work.collective) {
    case Collective::kAllToAll:
      use.peers = MessagePeers::kAll;
      break;
    case Collective::kRingShift:
      use.peers = std::max(use.peers, MessagePeers::kNeighbour);
      break;
    case Collective::kPointToPoint:
      use.peers = std::max(use.peers, MessagePeers::kNeighbours);
      break;
    case Collective::kAllGather:
    case Collective::kReduceScatter:
    case Collective::kAllReduce:
      use.ring_collectives = true;
      break;
  }
}

}  // namespace

CommunicatorUses communicator_uses(const Program& program, const Part& part) {
  CommunicatorUses uses{};
  for (const BlockIndex index : {part.forward, part.backward, part.update}) {
    const Block& block = program.blocks[index];
    for (std::size_t i = block.first_op; i < block.first_op + block.op_count; ++i) {
      const auto* work = std::get_if<Communication>(&program.ops[i].work);
      if (work != nullptr) add(uses, *work);
    }
  }
  return uses;
}

void merge(CommunicatorUses& uses, const CommunicatorUses& others) {
  for (std::size_t axis = 0; axis < kAxisCount; ++axis) {
    uses[axis].ring_collectives = uses[axis].ring_collectives || others[axis].ring_collectives;
    uses[axis].peers = std::max(uses[axis].peers, others[axis].peers);
  }
}

}  // namespace seqspan::sim
