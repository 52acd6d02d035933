#include "cli/render/kv_replication.hpp"

#include <fmt/format.h>

#include <array>

#include "cli/render/text.hpp"
#include "sim/units/format_units.hpp"

namespace seqspan::cli {
namespace {

bool carries_kv_heads(const sim::TrafficRow& row) {
  constexpr std::array<std::string_view, 4> kTensors = {"K", "V", "dK", "dV"};
  const bool heads = row.axis == sim::Axis::kUlysses || row.axis == sim::Axis::kUlyssesInNode ||
                     row.axis == sim::Axis::kUlyssesAcross;
  if (!heads || row.collective != sim::Collective::kAllToAll) return false;
  const std::string_view tensor = std::string_view(row.op).substr(row.op.rfind(' ') + 1);
  for (const std::string_view name : kTensors) {
    if (tensor == name) return true;
  }
  return false;
}

}  // namespace

sim::Bytes replicated_bytes(const sim::Simulation& simulation) {
  sim::Bytes sent;
  for (const sim::TrafficRow& row : simulation.traffic) {
    if (carries_kv_heads(row)) sent += row.bytes_sent_per_gpu * row.count;
  }
  return sent - sent / simulation.kv_replication;
}

std::string kv_replication_text(const Style& style, const sim::Simulation& simulation) {
  if (simulation.kv_replication <= 1) return {};
  return paragraph(
      "  ",
      fmt::format("KV replication {}: ulysses is above the KV heads of a rank, so every KV head "
                  "travels {} times; that adds {} sent per GPU and step",
                  simulation.kv_replication, simulation.kv_replication,
                  sim::format_bytes(replicated_bytes(simulation))),
      style.width);
}

}  // namespace seqspan::cli
