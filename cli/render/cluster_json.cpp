#include <array>
#include <nlohmann/json.hpp>

#include "cli/render/cluster_report.hpp"
#include "cli/render/format_version.hpp"

namespace seqspan::cli {
namespace {

using Json = nlohmann::ordered_json;

Json tiers_json(const ClusterView& view) {
  Json tiers = Json::array();
  for (const sim::Tier& tier : view.tiers) {
    tiers.push_back({{"tier", sim::name_of(tier.kind)},
                     {"switches", tier.switches},
                     {"units", tier.units},
                     {"cables", tier.cables},
                     {"slowest_bytes_per_second", tier.slowest.value()},
                     {"fastest_bytes_per_second", tier.fastest.value()},
                     {"latency_seconds", tier.latency.value()},
                     {"bisection_bytes_per_second", tier.bisection.value()},
                     {"full_bisection_bytes_per_second", tier.full.value()},
                     {"oversubscription", tier.oversubscription()}});
  }
  return tiers;
}

Json faults_json(const ClusterView& view) {
  Json faults = Json::array();
  for (const sim::Fault& fault : view.graph.faults()) {
    faults.push_back({{"where", fault.name},
                      {"directions", fault.links},
                      {"missing", fault.after == sim::BytesPerSecond(0)},
                      {"bytes_per_second", fault.after.value()},
                      {"described_bytes_per_second", fault.before.value()}});
  }
  return faults;
}

Json axes_json(const ClusterView& view) {
  constexpr std::array<const char*, sim::kReachCount> kKeys = {"nvlink", "pcie",  "leaf",
                                                               "pxn",    "spine", "core"};
  Json axes = Json::array();
  for (const AxisRow& row : view.axes) {
    Json pairs;
    Json furthest;
    for (std::size_t r = 0; r < sim::kReachCount; ++r) {
      pairs[kKeys[r]] = row.landing.pairs[r];
      furthest[kKeys[r]] = row.landing.furthest[r];
    }
    axes.push_back({{"axis", sim::name_of(row.axis)},
                    {"group_size", row.shape.size},
                    {"stride", row.shape.stride},
                    {"runs", row.shape.runs},
                    {"run_stride", row.shape.run_stride},
                    {"groups", row.landing.groups},
                    {"gpus", row.landing.gpus},
                    {"pairs", pairs},
                    {"gpus_by_furthest_peer", furthest}});
  }
  return axes;
}

}  // namespace

std::string cluster_json(const ClusterView& view) {
  Json vertices;
  for (std::size_t k = 0; k < sim::kVertexKinds; ++k) {
    const auto kind = static_cast<sim::VertexKind>(k);
    vertices[sim::name_of(kind)] = view.graph.count(kind);
  }
  Json object = {{"format_version", kFormatVersion},
                 {"cluster", view.cluster.name},
                 {"device", view.cluster.device.name},
                 {"nodes", view.cluster.nodes},
                 {"gpus", view.cluster.gpu_count()},
                 {"rails", view.graph.rails()},
                 {"pxn", view.graph.pxn()},
                 {"vertices", vertices},
                 {"links", view.graph.edges().size()},
                 {"tiers", tiers_json(view)},
                 {"faults", faults_json(view)}};
  if (view.layout) object["axes"] = axes_json(view);
  return object.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace seqspan::cli
