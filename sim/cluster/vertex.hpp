// What a cluster graph is made of, and how its vertices are named.
//
//   node3.gpu5  node3.pcie5  node3.nic5        GPU, PCIe switch, NIC of a node
//   node3.nvswitch0  domain2.nvswitch0         NVLink switch of a node, of a larger NVLink domain
//   leaf4  rail5.leaf0                         leaf switch; of a rail: of its group 0 of nodes
//   spine1  pod2.spine1  core0                 switches above
//
// All numbers count from 0. The switch chips of an NVLink domain are one vertex.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace seqspan::sim {

enum class VertexKind : std::uint8_t {
  kGpu,
  kNvlinkSwitch,
  kPcieSwitch,
  kNic,
  kLeaf,
  kSpine,
  kCore
};
inline constexpr std::size_t kVertexKinds = 7;

// "GPU", "NVLink switch", ...
[[nodiscard]] const char* name_of(VertexKind kind);
[[nodiscard]] constexpr bool is_network_switch(VertexKind kind) {
  return kind >= VertexKind::kLeaf;
}
// GPU, PCIe switch or NIC: what traffic to the network crosses inside a node.
[[nodiscard]] constexpr bool is_host(VertexKind kind) {
  return kind == VertexKind::kGpu || kind == VertexKind::kPcieSwitch || kind == VertexKind::kNic;
}

// What the first part of a name counts.
enum class VertexScope : std::uint8_t { kNone, kNode, kDomain, kRail, kPod };

struct Vertex {
  VertexKind kind = VertexKind::kGpu;
  VertexScope scope = VertexScope::kNone;
  std::int32_t group = 0;  // number of the node, domain, rail or pod
  std::int32_t index = 0;

  auto operator<=>(const Vertex&) const = default;  // NOLINT(modernize-use-nullptr)
};

[[nodiscard]] std::string to_string(const Vertex& vertex);
// Nothing where the text is no name of a vertex.
[[nodiscard]] std::optional<Vertex> parse_vertex(std::string_view text);

// A name whose numbers may be ranges: "node8-15.nic*".
struct NumberRange {
  std::int32_t first = 0;
  std::int32_t last = 0;

  [[nodiscard]] bool holds(std::int32_t number) const { return first <= number && number <= last; }
};
struct VertexPattern {
  VertexKind kind = VertexKind::kGpu;
  VertexScope scope = VertexScope::kNone;
  NumberRange group;
  NumberRange index;

  [[nodiscard]] bool matches(const Vertex& vertex) const {
    return kind == vertex.kind && scope == vertex.scope && group.holds(vertex.group) &&
           index.holds(vertex.index);
  }
};
[[nodiscard]] std::optional<VertexPattern> parse_vertex_pattern(std::string_view text);

}  // namespace seqspan::sim
