#include "sim/cluster/vertex.hpp"

#include <gtest/gtest.h>

namespace seqspan::sim {
namespace {

TEST(Vertex, NamesAreReadBack) {
  for (const char* name :
       {"node0.gpu0", "node12.gpu7", "node3.nvswitch0", "domain1.nvswitch0", "node3.pcie5",
        "node3.nic5", "leaf4", "rail5.leaf0", "spine1", "pod2.spine1", "core0"}) {
    const auto vertex = parse_vertex(name);
    ASSERT_TRUE(vertex.has_value()) << name;
    EXPECT_EQ(to_string(*vertex), name);
  }
}

TEST(Vertex, OtherTextNamesNothing) {
  for (const char* name :
       {"", "gpu0", "node.gpu0", "node1gpu0", "node1.gpu", "node01.gpu0", "node-1.gpu0",
        "node1.gpu0.nic0", "rail1.spine0", "pod1.leaf0", "core", "leaf1x", "node1-2.gpu0",
        "node*.gpu0", "Node1.gpu0", "node1.gpu99999999999"}) {
    EXPECT_FALSE(parse_vertex(name).has_value()) << name;
  }
}

TEST(VertexPattern, NumbersMayBeRanges) {
  const auto pattern = parse_vertex_pattern("node8-15.nic*");
  ASSERT_TRUE(pattern.has_value());
  EXPECT_TRUE(pattern->matches(*parse_vertex("node8.nic0")));
  EXPECT_TRUE(pattern->matches(*parse_vertex("node15.nic7")));
  EXPECT_FALSE(pattern->matches(*parse_vertex("node16.nic0")));
  EXPECT_FALSE(pattern->matches(*parse_vertex("node7.nic0")));
  EXPECT_FALSE(pattern->matches(*parse_vertex("node8.gpu0")));
  EXPECT_FALSE(parse_vertex_pattern("node15-8.nic0").has_value());
  EXPECT_FALSE(parse_vertex_pattern("node8-.nic0").has_value());
}

}  // namespace
}  // namespace seqspan::sim
