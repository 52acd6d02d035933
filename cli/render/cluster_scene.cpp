#include "cli/render/cluster_scene.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace seqspan::cli {
namespace {

using sim::VertexIndex;
using sim::VertexKind;

constexpr std::int64_t kMostNodes = 4;
constexpr std::int64_t kMostInNode = 8;
constexpr std::int64_t kMostSwitches = 16;
constexpr std::size_t kMostFaultyNodes = 2;
constexpr double kCell = 38;
constexpr double kGap = 16;
constexpr double kTexts = 250;
constexpr double kTop = 62;
constexpr double kRow = 84;
constexpr double kSwitchCell = 78;

// Leaves of one group of nodes stand together.
std::pair<std::int32_t, std::int32_t> order(const sim::Vertex& v) {
  if (v.kind == VertexKind::kLeaf) return {v.index, v.group};
  return {v.group, v.index};
}

class Composer {
 public:
  explicit Composer(const ClusterView& view) : view_(view), graph_(view.graph) {
    scene_.left = kTexts;
    next_x_ = scene_.left;
  }

  Scene compose() {
    const int above = (graph_.count(VertexKind::kCore) > 0 ? 1 : 0) +
                      (graph_.count(VertexKind::kSpine) > 0 ? 1 : 0) +
                      (graph_.count(VertexKind::kLeaf) > 0 ? 1 : 0);
    double y = kTop + above * kRow;
    scene_.node_top = y - kBoxHeight - 14;
    for (const VertexKind kind :
         {VertexKind::kNic, VertexKind::kPcieSwitch, VertexKind::kGpu, VertexKind::kNvlinkSwitch}) {
      if (graph_.count(kind) == 0) continue;
      scene_.rows[kind] = y;
      y += 0.75 * kRow;
    }
    scene_.node_bottom = y - 0.75 * kRow + kBoxHeight;
    add_nodes();
    add_nvlink_switches();
    scene_.width = next_x_;
    double row = kTop + (above - 1) * kRow;
    for (const VertexKind kind : {VertexKind::kLeaf, VertexKind::kSpine, VertexKind::kCore}) {
      if (graph_.count(kind) == 0) continue;
      scene_.rows[kind] = row;
      rows_of_switches_.push_back(kind);
      row -= kRow;
    }
    for (const VertexKind kind : rows_of_switches_) widen_for(kind);
    for (const VertexKind kind : rows_of_switches_) add_switches(kind);
    scene_.height = scene_.node_bottom + 44;
    return std::move(scene_);
  }

 private:
  void add(VertexIndex v, double x, double width, std::string label) {
    scene_.boxes[v] = {x, scene_.rows[graph_.vertex(v).kind], width, std::move(label)};
  }

  // The first, the second and the last, and some of those that the faults name.
  [[nodiscard]] std::vector<std::int64_t> drawn_nodes() const {
    std::set<std::int64_t> drawn;
    for (const std::int64_t node : abbreviated(view_.cluster.nodes, kMostNodes)) {
      if (node >= 0) drawn.insert(node);
    }
    const std::size_t most = drawn.size() + kMostFaultyNodes;
    for (const sim::Fault& fault : graph_.faults()) {
      const auto pattern = sim::parse_vertex_pattern(fault.name.substr(0, fault.name.find(' ')));
      if (!pattern || pattern->scope != sim::VertexScope::kNode || drawn.size() >= most) continue;
      drawn.insert(std::min<std::int64_t>(pattern->group.first, view_.cluster.nodes - 1));
    }
    return {drawn.begin(), drawn.end()};
  }

  // Vertices of one kind of a node, from left to right in `width`.
  void add_row(const std::vector<VertexIndex>& row, double left, double width) {
    const auto places = abbreviated(static_cast<std::int64_t>(row.size()), kMostInNode);
    const double cell = width / static_cast<double>(std::max<std::size_t>(places.size(), 1));
    for (std::size_t i = 0; i < places.size(); ++i) {
      const double x = left + (static_cast<double>(i) + 0.5) * cell;
      if (places[i] < 0) {
        scene_.gaps.push_back({x, scene_.rows[graph_.vertex(row.front()).kind], 0, "..."});
        continue;
      }
      const VertexIndex v = row[static_cast<std::size_t>(places[i])];
      const std::string name = graph_.name(v);
      add(v, x, kCell - 4, name.substr(name.find('.') + 1));
    }
  }

  void add_nodes() {
    std::map<std::pair<std::int32_t, VertexKind>, std::vector<VertexIndex>> members;
    const std::vector<std::int64_t> drawn = drawn_nodes();
    const std::set<std::int64_t> chosen(drawn.begin(), drawn.end());
    for (std::size_t v = 0; v < graph_.vertex_count(); ++v) {
      const sim::Vertex& vertex = graph_.vertex(static_cast<VertexIndex>(v));
      if (vertex.scope != sim::VertexScope::kNode || chosen.count(vertex.group) == 0) continue;
      members[{vertex.group, vertex.kind}].push_back(static_cast<VertexIndex>(v));
    }
    std::int64_t last = -1;
    for (const std::int64_t node : drawn) {
      if (node != last + 1) {
        scene_.gaps.push_back(
            {next_x_ + kGap, 0.5 * (scene_.node_top + scene_.node_bottom), 0, "..."});
        next_x_ += 3 * kGap;
      }
      last = node;
      const auto group = static_cast<std::int32_t>(node);
      std::size_t most = 2;
      for (const VertexKind kind : {VertexKind::kGpu, VertexKind::kPcieSwitch, VertexKind::kNic}) {
        const auto count = static_cast<std::int64_t>(members[{group, kind}].size());
        most = std::max(most, abbreviated(count, kMostInNode).size());
      }
      const double width = kCell * static_cast<double>(most);
      for (const VertexKind kind : {VertexKind::kGpu, VertexKind::kPcieSwitch, VertexKind::kNic}) {
        const auto& row = members[{group, kind}];
        if (!row.empty()) add_row(row, next_x_ + 6, width);
      }
      scene_.nodes.push_back(
          {next_x_ + 6 + width / 2, 0, width + 12, "node" + std::to_string(node)});
      next_x_ += width + 12 + kGap;
    }
  }

  // As wide as the GPUs that are drawn.
  void add_nvlink_switches() {
    std::map<VertexIndex, std::pair<double, double>> spans;
    for (const sim::Edge& edge : graph_.edges()) {
      const auto gpu = scene_.boxes.find(edge.from);
      if (gpu == scene_.boxes.end() || graph_.vertex(edge.to).kind != VertexKind::kNvlinkSwitch) {
        continue;
      }
      auto& [first, last] = spans.emplace(edge.to, std::pair(1e9, -1e9)).first->second;
      first = std::min(first, gpu->second.x);
      last = std::max(last, gpu->second.x);
    }
    for (const auto& [v, span] : spans) {
      const std::string name = graph_.name(v);
      const bool of_domain = graph_.vertex(v).scope == sim::VertexScope::kDomain;
      add(v, (span.first + span.second) / 2, std::max(span.second - span.first + kCell - 4, 64.0),
          of_domain ? name : name.substr(name.find('.') + 1));
    }
  }

  // Those that lead up from what is drawn below, the first, second and last where they are many.
  [[nodiscard]] std::vector<VertexIndex> choose(VertexKind kind) const {
    std::set<VertexIndex> found;
    for (const sim::Edge& edge : graph_.edges()) {
      const VertexKind from = graph_.vertex(edge.from).kind;
      const bool below = from < kind && (drawn(edge.from) || from >= VertexKind::kLeaf);
      if (graph_.vertex(edge.to).kind == kind && below) found.insert(edge.to);
    }
    std::vector<VertexIndex> all(found.begin(), found.end());
    std::stable_sort(all.begin(), all.end(), [&](VertexIndex a, VertexIndex b) {
      return order(graph_.vertex(a)) < order(graph_.vertex(b));
    });
    std::vector<VertexIndex> chosen;
    for (const std::int64_t place :
         abbreviated(static_cast<std::int64_t>(all.size()), kMostSwitches)) {
      if (place >= 0) chosen.push_back(all[static_cast<std::size_t>(place)]);
    }
    return chosen;
  }

  [[nodiscard]] bool drawn(VertexIndex v) const { return scene_.boxes.count(v) > 0; }

  void widen_for(VertexKind kind) {
    const double needed = kSwitchCell * static_cast<double>(choose(kind).size() + 1);
    scene_.width = std::max(scene_.width, scene_.left + needed);
  }

  // Does the row leave something out between two neighbours?
  [[nodiscard]] bool gap_between(VertexIndex a, VertexIndex b) const {
    const sim::Vertex& first = graph_.vertex(a);
    const sim::Vertex& second = graph_.vertex(b);
    if (first.scope == sim::VertexScope::kRail) return second.index - first.index > 1;
    return b - a > 1;
  }

  // Evenly over the width, "..." where something is left out.
  void add_switches(VertexKind kind) {
    const std::vector<VertexIndex> chosen = choose(kind);
    std::size_t places = chosen.size();
    for (std::size_t i = 1; i < chosen.size(); ++i) {
      places += gap_between(chosen[i - 1], chosen[i]) ? 1U : 0U;
    }
    const double cell = (scene_.width - scene_.left) / static_cast<double>(places);
    double x = scene_.left + 0.5 * cell;
    for (std::size_t i = 0; i < chosen.size(); ++i, x += cell) {
      if (i > 0 && gap_between(chosen[i - 1], chosen[i])) {
        scene_.gaps.push_back({x, scene_.rows[kind], 0, "..."});
        x += cell;
      }
      add(chosen[i], x, kSwitchCell - 8, graph_.name(chosen[i]));
    }
  }

  const ClusterView& view_;
  const sim::ClusterGraph& graph_;
  Scene scene_;
  double next_x_ = 0;
  std::vector<VertexKind> rows_of_switches_;
};

}  // namespace

Scene make_scene(const ClusterView& view) { return Composer(view).compose(); }

}  // namespace seqspan::cli
