#include "profiles/use_measurements.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <regex>
#include <set>
#include <tuple>
#include <vector>

#include "profiles/fit/sibling_curve.hpp"

namespace seqspan::profiles {
namespace {

using sim::Collective;
using sim::Result;
using sim::TimedBy;

std::optional<Collective> collective_of(CollectiveKind kind) {
  switch (kind) {
    case CollectiveKind::kAllReduce:
      return Collective::kAllReduce;
    case CollectiveKind::kAllGather:
      return Collective::kAllGather;
    case CollectiveKind::kReduceScatter:
      return Collective::kReduceScatter;
    case CollectiveKind::kAllToAll:
      return Collective::kAllToAll;
    case CollectiveKind::kSendReceive:
      return Collective::kRingShift;
    case CollectiveKind::kPointToPoint:
      return Collective::kPointToPoint;
    case CollectiveKind::kBroadcast:
    case CollectiveKind::kReduce:
    case CollectiveKind::kGather:
    case CollectiveKind::kScatter:
    case CollectiveKind::kHypercube:
      return std::nullopt;
  }
  return std::nullopt;
}

std::optional<Collective> sibling_of(Collective collective) {
  if (collective == Collective::kAllGather) return Collective::kReduceScatter;
  if (collective == Collective::kReduceScatter) return Collective::kAllGather;
  return std::nullopt;
}

std::int64_t nodes_per_domain(const sim::Cluster& cluster) {
  return cluster.nvlink_domain / cluster.gpus_per_node;
}

bool has_room(const sim::Cluster& cluster, const MeasuredGroup& group) {
  return group.nodes <= cluster.nodes && group.ranks_per_node() <= cluster.gpus_per_node;
}

// Of a part of the cluster that was measured some groups stay; where none does, it is another one.
Result<void> check_groups(const sim::Cluster& cluster, const NamedProfile& named) {
  const std::vector<FittedCurve>& curves = named.profile.curves;
  if (curves.empty() || std::any_of(curves.begin(), curves.end(), [&](const FittedCurve& curve) {
        return has_room(cluster, curve.group);
      })) {
    return {};
  }
  const sim::json::Value& curve = named.document.find("curves")->items.front();
  return sim::input_error(
      fmt::format("the cluster has no room for {}, nor for any other group of this profile",
                  show(curves.front().group)),
      sim::json::where(curve.place, "curves[0]"),
      fmt::format("the cluster has {} {} of {} GPUs, and names this profile at {}", cluster.nodes,
                  cluster.nodes == 1 ? "node" : "nodes", cluster.gpus_per_node, named.named_at),
      "name the profile of this cluster, or leave 'measured' out");
}

// Ranks of one NVLink domain; nothing where domains would hold different numbers.
std::optional<std::int64_t> ranks_per_domain(const sim::Cluster& cluster,
                                             const MeasuredGroup& group) {
  const std::int64_t nodes = nodes_per_domain(cluster);
  if (group.nodes <= nodes) return group.ranks;
  if (group.nodes % nodes != 0) return std::nullopt;
  return group.ranks_per_node() * nodes;
}

// Of "4 groups at once, 2 apart", as `profile run` writes it; one group alone of all else.
sim::Siblings siblings_of(const std::string& variant) {
  static const std::regex form(R"((\d{1,9}) groups at once(?:, (\d{1,9}) apart)?)");
  std::smatch match;
  if (!std::regex_match(variant, match, form)) return {};
  return {std::stoll(match[1]), match[2].matched ? std::stoll(match[2]) : 1};
}

sim::MeasuredCurves curves_of(const sim::Cluster& cluster, const FabricProfile& profile) {
  std::vector<sim::GroupCurve> curves;
  sim::MeasuredCurves used;
  std::set<std::tuple<Collective, std::int64_t, std::int64_t, sim::Siblings>> known;
  for (const FittedCurve& fitted : profile.curves) {
    const auto collective = collective_of(fitted.group.collective);
    const auto per_domain = ranks_per_domain(cluster, fitted.group);
    if (!collective || !per_domain || !has_room(cluster, fitted.group)) continue;
    const sim::Siblings siblings = siblings_of(fitted.variant);
    // Ordered by group, then variant, and "" comes first.
    if (!known.insert({*collective, fitted.group.ranks, *per_domain, siblings}).second) continue;
    curves.push_back({*collective, fitted.group.ranks, *per_domain, TimedBy::kMeasurement,
                      fitted.curve, siblings});
    if (const auto sibling = sibling_of(*collective)) {
      used.add({*sibling, fitted.group.ranks, *per_domain, TimedBy::kSibling,
                sibling_curve(fitted.curve, fitted.group), siblings});
    }
  }
  // Of one group the later counts: what was measured itself.
  for (sim::GroupCurve& curve : curves) used.add(std::move(curve));
  return used;
}

void use_level(sim::LinkProfile& link, const LinkLevel& level, double links_per_gpu,
               const std::string& source) {
  if (level.bandwidth.value() > 0) {
    const sim::BytesPerSecond fitted(level.bandwidth.value() / links_per_gpu);
    link.bandwidth = std::max(link.bandwidth, fitted);
    link.efficiency = fitted / link.bandwidth;
    link.half_speed_bytes = 0;
    link.sources["efficiency"] = link.sources["half_speed_bytes"] = source;
  }
  const bool one_protocol = link.ll_channel_bandwidth.value() == 0;
  if (level.message_latency.value() > 0 && one_protocol) {
    link.message_latency = link.simple_message_latency = level.message_latency;
    link.sources["message_latency"] = link.sources["simple_message_latency"] = source;
  }
  if (level.ring_step_latency.value() > 0) {
    link.ring_step_latency = level.ring_step_latency;
    link.sources["ring_step_latency"] = source;
  }
}

bool between_is_fabric(const sim::Cluster& cluster, const FabricProfile& profile) {
  return std::none_of(profile.curves.begin(), profile.curves.end(), [&](const FittedCurve& curve) {
    return curve.group.nodes > 1 && curve.group.nodes <= nodes_per_domain(cluster);
  });
}

bool inside_was_measured(const FabricProfile& profile) {
  return std::any_of(profile.curves.begin(), profile.curves.end(),
                     [](const FittedCurve& curve) { return curve.group.nodes == 1; });
}

bool only_all_reduce(const FabricProfile& profile) {
  return std::all_of(profile.curves.begin(), profile.curves.end(), [](const FittedCurve& curve) {
    return curve.group.collective == CollectiveKind::kAllReduce;
  });
}

void use_links(sim::Cluster& cluster, const FabricProfile& profile) {
  if (only_all_reduce(profile)) return;
  const std::string source = "fitted: fabric profile " + profile.name;
  if (inside_was_measured(profile)) {
    use_level(cluster.device.nvlink, profile.links.inside, 1, source);
  }
  if (!between_is_fabric(cluster, profile)) return;
  const double nics_per_gpu =
      static_cast<double>(cluster.nics_per_node) / static_cast<double>(cluster.gpus_per_node);
  use_level(cluster.nic, profile.links.between, nics_per_gpu, source);
}

}  // namespace

Result<void> use_measurements(sim::Cluster& cluster, const NamedProfile& named) {
  if (Result<void> ok = check_groups(cluster, named); !ok) return ok;
  use_links(cluster, named.profile);
  cluster.measured_by = named.profile.name;
  cluster.measured = curves_of(cluster, named.profile);
  return {};
}

}  // namespace seqspan::profiles
