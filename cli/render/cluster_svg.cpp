#include "cli/render/cluster_svg.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "cli/render/cluster_cables.hpp"
#include "cli/render/cluster_scene.hpp"
#include "cli/render/svg.hpp"
#include "sim/units/format_units.hpp"

namespace seqspan::cli {
namespace {

using sim::VertexKind;

constexpr double kTitleCharacter = 9;  // about as wide

// Middle tones, told apart on white and on black.
const char* colour(VertexKind kind) {
  switch (kind) {
    case VertexKind::kGpu:
      return "#3a9d4f";
    case VertexKind::kNvlinkSwitch:
      return "#7a9a1f";
    case VertexKind::kPcieSwitch:
      return "#8a8a8a";
    case VertexKind::kNic:
      return "#b05cc4";
    case VertexKind::kLeaf:
      return "#3b82c4";
    case VertexKind::kSpine:
      return "#4f7fd0";
    default:
      return "#6a6fd8";
  }
}

std::string label(double x, double y, const std::string& text, const char* anchor = "middle") {
  return fmt::format(
      "<text class=\"text\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", x, y, anchor,
      svg_escaped(text));
}

// Cables of which both ends are drawn. `usual`: the fastest between these two kinds.
std::string cables(const ClusterView& view, const Scene& scene) {
  std::map<std::pair<VertexKind, VertexKind>, double> usual;
  const auto kinds = [&](const sim::Edge& edge) {
    return std::minmax(view.graph.vertex(edge.from).kind, view.graph.vertex(edge.to).kind);
  };
  for (const sim::Edge& edge : view.graph.edges()) {
    double& fastest = usual[kinds(edge)];
    fastest = std::max(fastest, edge.bandwidth.value());
  }
  std::string text;
  for (std::size_t e = 0; e + 1 < view.graph.edges().size(); e += 2) {
    const sim::Edge& edge = view.graph.edges()[e];
    const auto a = scene.boxes.find(edge.from);
    const auto b = scene.boxes.find(edge.to);
    if (a == scene.boxes.end() || b == scene.boxes.end()) continue;
    const double least = std::min(edge.bandwidth, view.graph.edges()[e + 1].bandwidth).value();
    const char* paint =
        least <= 0 ? "stroke=\"#d1495b\" stroke-width=\"2\" stroke-dasharray=\"5 4\""
        : least < 0.999 * usual[kinds(edge)] ? "stroke=\"#d9861f\" stroke-width=\"2.5\""
                                             : "class=\"line\" stroke-width=\"1\"";
    // NVLink switches are as wide as their GPUs: those links go straight down.
    const bool straight = view.graph.vertex(edge.to).kind == VertexKind::kNvlinkSwitch;
    if (a->second.y == b->second.y) {
      text += fmt::format(
          "<path d=\"M{:.1f} {:.1f} Q{:.1f} {:.1f} {:.1f} {:.1f}\" fill=\"none\" {}/>\n",
          a->second.x, a->second.y, (a->second.x + b->second.x) / 2, a->second.y + 40, b->second.x,
          b->second.y, paint);
      continue;
    }
    text += fmt::format("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" {}/>\n",
                        a->second.x, a->second.y, straight ? a->second.x : b->second.x, b->second.y,
                        paint);
  }
  return text;
}

std::string boxes(const ClusterView& view, const Scene& scene) {
  std::string text;
  for (const auto& [v, box] : scene.boxes) {
    const double x = box.x - box.width / 2;
    const double y = box.y - kBoxHeight / 2;
    const std::string shape =
        fmt::format("x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" rx=\"4\"", x, y,
                    box.width, kBoxHeight);
    const char* paint = colour(view.graph.vertex(v).kind);
    text += fmt::format("<rect class=\"page\" {}/>\n", shape);
    text += fmt::format("<rect class=\"box\" {0} fill=\"{1}\" stroke=\"{1}\"/>\n", shape, paint);
    text += label(box.x, box.y + 4, box.label);
  }
  for (const Box& gap : scene.gaps) text += label(gap.x, gap.y + 4, gap.label);
  return text;
}

// Beside each row what it is, and between two rows what joins them.
std::string row_texts(const ClusterView& view, const Scene& scene) {
  std::string text;
  for (const auto& [kind, y] : scene.rows) {
    const std::int64_t count = view.graph.count(kind);
    text += label(16, y + 4, counted_kind(kind, count), "start");
    for (const auto& [other, other_y] : scene.rows) {
      const Cables found = cables_between(view.graph, kind, other);
      if (found.count == 0 || other <= kind) continue;
      text += label(24, (y + other_y) / 2 + 4, cable_text(found), "start");
    }
  }
  return text;
}

std::string frames(const Scene& scene) {
  std::string text;
  for (const Box& node : scene.nodes) {
    text += fmt::format(
        "<rect class=\"frame\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" "
        "rx=\"6\" fill=\"none\"/>\n",
        node.x - node.width / 2, scene.node_top, node.width, scene.node_bottom - scene.node_top);
    text += label(node.x, scene.node_bottom + 16, node.label);
  }
  return text;
}

}  // namespace

std::string cluster_svg(const ClusterView& view) {
  Scene scene = make_scene(view);
  std::string title =
      fmt::format("{}: {} nodes of {} {}", view.cluster.name, sim::format_count(view.cluster.nodes),
                  view.cluster.gpus_per_node, view.cluster.device.name);
  if (view.graph.rails()) title += view.graph.pxn() ? ", rails with PXN" : ", rails";
  for (const sim::Tier& tier : view.tiers) {
    const bool switched = tier.kind == VertexKind::kSpine || tier.kind == VertexKind::kCore;
    if (switched && tier.oversubscription() > 1.001) {
      title += fmt::format(", {:.3g} : 1 at the {}", tier.oversubscription(), name_of(tier.kind));
    }
  }
  scene.width = std::max(scene.width, kTitleCharacter * static_cast<double>(title.size()));
  return svg_start(scene.width + 16, scene.height, 11, title, title) + frames(scene) +
         cables(view, scene) + boxes(view, scene) + row_texts(view, scene) + "</svg>\n";
}

}  // namespace seqspan::cli
