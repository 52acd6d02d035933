// How much memory exchanges may touch on a host. Linux gives memory out before it has it and kills
// a process that then uses it, so what would not fit is left out beforehand.
#pragma once

#include <optional>
#include <vector>

#include "real/transport/transport.hpp"
#include "sim/program/program.hpp"
#include "sim/units/units.hpp"

namespace seqspan::real {

// Four fifths of what the kernel says is available (real/measure/host_memory.hpp), shared among the
// ranks of this host. Absent where the kernel does not say, or where the transport's memory is
// not the host's.
[[nodiscard]] std::optional<sim::Bytes> memory_per_rank(const Transport& transport,
                                                        std::int64_t ranks_on_host);

// What the communications of a part read and write, every tensor once, and the pieces that travel
// in place of tensors that they do not fit.
[[nodiscard]] sim::Bytes exchanged_bytes(const sim::Program& program, const sim::Part& part);

}  // namespace seqspan::real
