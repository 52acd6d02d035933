// What repeating KV heads costs: Ulysses above the KV heads of a rank sends every head to several
// ranks, kv_replication times as many bytes in the all-to-alls of K, V, dK and dV.
#pragma once

#include <string>

#include "cli/render/style.hpp"
#include "sim/engine/simulator.hpp"

namespace seqspan::cli {

// Bytes beyond those without replication, sent by one GPU in a step: a share (1 - 1/replication) of
// the rows of K, V, dK and dV over the Ulysses axis.
[[nodiscard]] sim::Bytes replicated_bytes(const sim::Simulation& simulation);

// A sentence; empty where nothing is repeated.
[[nodiscard]] std::string kv_replication_text(const Style& style,
                                              const sim::Simulation& simulation);

}  // namespace seqspan::cli
