// Which vertices of a cluster a picture shows, and where they stand.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/render/cluster_view.hpp"

namespace seqspan::cli {

struct Box {
  double x = 0;  // centre
  double y = 0;
  double width = 0;
  std::string label;
};

struct Scene {
  double width = 0;
  double height = 0;
  double left = 0;  // where the drawing starts; the texts of the rows stand before it
  std::map<sim::VertexIndex, Box> boxes;
  std::map<sim::VertexKind, double> rows;  // y of each kind that there is
  std::vector<Box> nodes;                  // frames around what belongs to a node
  double node_top = 0;
  double node_bottom = 0;
  std::vector<Box> gaps;  // "..." where something is left out
};

inline constexpr double kBoxHeight = 22;

[[nodiscard]] Scene make_scene(const ClusterView& view);

}  // namespace seqspan::cli
