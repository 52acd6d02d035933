#include "cli/render/cluster_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "cli/render/answer.hpp"
#include "cli/render/cluster_cables.hpp"
#include "cli/render/quantity.hpp"
#include "cli/render/table.hpp"
#include "cli/render/text.hpp"
#include "sim/units/format_units.hpp"

namespace seqspan::cli {
namespace {

using sim::VertexKind;

constexpr std::int64_t kMostNames = 4;
constexpr std::array kTopDown = {
    VertexKind::kCore,       VertexKind::kSpine, VertexKind::kLeaf,        VertexKind::kNic,
    VertexKind::kPcieSwitch, VertexKind::kGpu,   VertexKind::kNvlinkSwitch};

// "node0.gpu0, node0.gpu1, ..., node63.gpu7"
std::string names(const sim::ClusterGraph& graph, VertexKind kind) {
  sim::VertexIndex first = 0;
  while (graph.vertex(first).kind != kind) ++first;
  std::string text;
  for (const std::int64_t place : abbreviated(graph.count(kind), kMostNames)) {
    text += text.empty() ? "" : ", ";
    text += place < 0 ? "..." : graph.name(first + static_cast<sim::VertexIndex>(place));
  }
  return text;
}

// A line per kind, and under it the cables from the kinds above.
std::string drawing(const Style& style, const sim::ClusterGraph& graph) {
  const std::string pipe = style.ascii ? "|" : "\u2502";
  std::string text;
  std::vector<VertexKind> drawn;
  for (const VertexKind kind : kTopDown) {
    if (graph.count(kind) == 0) continue;
    for (const VertexKind above : drawn) {
      const Cables cables = cables_between(graph, kind, above);
      if (cables.count == 0) continue;
      const std::string to =
          above == drawn.back() ? "" : fmt::format(", to the {}es", sim::name_of(above));
      text += fmt::format("    {}  {}\n", pipe, dim(style, cable_text(cables) + to));
    }
    const std::string title = counted_kind(kind, graph.count(kind));
    text += paragraph("  " + pad_right(title, 21) + "  ", names(graph, kind), style.width);
    const Cables among = cables_between(graph, kind, kind);
    if (among.count > 0) {
      text += "       " + dim(style, cable_text(among) + ", among themselves") + "\n";
    }
    drawn.push_back(kind);
  }
  return text;
}

std::string halved(const sim::Tier& tier) {
  switch (tier.kind) {
    case VertexKind::kNvlinkSwitch:
      return "the GPUs of a domain";
    case VertexKind::kLeaf:
      return "the NICs of a leaf";
    case VertexKind::kSpine:
      return tier.units == 1 ? "the leaves" : "the leaves of a pod";
    default:
      return "the pods";
  }
}

std::string tier_section(const Style& style, const ClusterView& view) {
  Table table({{"tier"},
               {"between halves of"},
               {"bisection", Align::kRight},
               {"full", Align::kRight},
               {"oversubscription", Align::kRight}});
  for (const sim::Tier& tier : view.tiers) {
    const bool any = tier.full > sim::BytesPerSecond(0);
    table.add(
        {sim::name_of(tier.kind), halved(tier), any ? sim::format_bandwidth(tier.bisection) : "-",
         any ? sim::format_bandwidth(tier.full) : "-",
         tier.oversubscription() > 0 ? fmt::format("{:.3g} : 1", tier.oversubscription()) : "-"});
  }
  return heading(style, "Bisection bandwidth, one direction") + table.text(style);
}

std::string fault_section(const Style& style, const ClusterView& view) {
  if (view.graph.faults().empty()) return "";
  Table table({{"where"},
               {"directions", Align::kRight},
               {"now", Align::kRight},
               {"as described", Align::kRight}});
  for (const sim::Fault& fault : view.graph.faults()) {
    const bool gone = fault.after == sim::BytesPerSecond(0);
    table.add({fault.name, sim::format_count(fault.links),
               gone ? red(style, "missing") : yellow(style, sim::format_bandwidth(fault.after)),
               sim::format_bandwidth(fault.before)});
  }
  return heading(style, "Overrides") + table.text(style);
}

std::string reach_name(sim::Reach reach, bool rails) {
  if (reach == sim::Reach::kPxn) return "PXN";
  return reach == sim::Reach::kLeaf && rails ? "rail" : sim::name_of(reach);
}

// "2", or "2 and 64" where runs of ranks 2 apart are 64 apart.
std::string stride_text(const sim::GroupShape& shape) {
  const std::string stride = sim::format_count(shape.stride);
  return shape.runs == 1 ? stride
                         : fmt::format("{} and {}", stride, sim::format_count(shape.run_stride));
}

std::string axis_section(const Style& style, const ClusterView& view) {
  if (!view.layout) return "";
  std::string text =
      heading(style, fmt::format("Where {} lands: pairs of GPUs of each axis",
                                 view.layout_text.empty() ? "dp alone" : view.layout_text));
  if (view.axes.empty()) return text + "  every group is one GPU\n";
  const bool rails = view.graph.rails();
  std::vector<Column> columns = {{"axis"}, {"GPUs", Align::kRight}, {"stride", Align::kRight}};
  std::vector<std::size_t> used;
  for (std::size_t r = 0; r < sim::kReachCount; ++r) {
    const bool some = std::any_of(view.axes.begin(), view.axes.end(),
                                  [&](const AxisRow& row) { return row.landing.pairs[r] > 0; });
    if (!some) continue;
    used.push_back(r);
    columns.push_back({reach_name(static_cast<sim::Reach>(r), rails), Align::kRight});
  }
  columns.push_back({"GPUs by furthest peer", Align::kRight});
  Table table(columns);
  for (const AxisRow& row : view.axes) {
    std::vector<std::string> cells = {sim::name_of(row.axis), sim::format_count(row.shape.size),
                                      stride_text(row.shape)};
    std::string furthest;
    for (const std::size_t r : used) {
      const auto reach = static_cast<sim::Reach>(r);
      cells.push_back(row.landing.pairs[r] > 0 ? percent(row.landing.share(reach)) : "-");
      if (row.landing.furthest[r] == 0) continue;
      furthest += fmt::format("{}{} {}", furthest.empty() ? "" : ", ",
                              sim::format_count(row.landing.furthest[r]), reach_name(reach, rails));
    }
    cells.push_back(furthest);
    table.add(std::move(cells));
  }
  return text + table.text(style);
}

std::string title(const Style& style, const ClusterView& view) {
  const sim::Cluster& c = view.cluster;
  std::string text =
      fmt::format("{}: {} x {} {} = {}", bold(style, c.name), counted(c.nodes, "node"),
                  c.gpus_per_node, c.device.name, counted(c.gpu_count(), "GPU"));
  if (!view.graph.described()) text += ", given link by link";
  if (c.rails) text += c.pxn ? ", rails with PXN" : ", rails without PXN";
  return text + "\n";
}

}  // namespace

std::string cluster_report(const Style& style, const ClusterView& view) {
  return title(style, view) + "\n" + drawing(style, view.graph) + tier_section(style, view) +
         fault_section(style, view) + axis_section(style, view);
}

}  // namespace seqspan::cli
