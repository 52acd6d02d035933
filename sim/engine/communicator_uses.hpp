// What the communications of a program ask of the communicator of each axis: NCCL allocates per
// communicator (sim/network/communicator_memory.hpp), and each axis has its own.
#pragma once

#include <array>

#include "sim/network/communicator_memory.hpp"
#include "sim/program/program.hpp"

namespace seqspan::sim {

// By axis.
using CommunicatorUses = std::array<CommunicatorUse, kAxisCount>;

// Of the blocks of one part.
[[nodiscard]] CommunicatorUses communicator_uses(const Program& program, const Part& part);
// Adds what the others ask for.
void merge(CommunicatorUses& uses, const CommunicatorUses& others);

}  // namespace seqspan::sim
