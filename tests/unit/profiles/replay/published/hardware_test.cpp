// Texts of GPUs and links to clusters.
#include "profiles/replay/published/hardware.hpp"

#include <gtest/gtest.h>

namespace seqspan::profiles::published {
namespace {

std::string cluster_of(const std::string& text) {
  const auto gpu = find_gpu(text);
  return gpu ? (*gpu)->cluster : "refused: " + gpu.error().what;
}

TEST(PublishedHardware, FindsWhatIsShipped) {
  EXPECT_EQ(cluster_of("A800-SXM4-80GB"), "a800-1x8");
  EXPECT_EQ(cluster_of("A100-80GB"), "a100-1x8");
  EXPECT_EQ(cluster_of("H100-SXM5-80GB (DGX-H100)"), "h100-1x8");
  EXPECT_EQ(cluster_of("H100 96 GB HBM2e, 2.4 TB/s, 500 W limit"), "h100-96gb-1x8");
  EXPECT_EQ(cluster_of("H800"), "h800-1x8");
  EXPECT_EQ(cluster_of("nvidia h200 sxm"), "h200-1x8");
  EXPECT_EQ(cluster_of("B200-SXM, 8 per node, NVLink 5"), "b200-1x8");
}

TEST(PublishedHardware, RefusesWhatIsNot) {
  for (const char* text : {"H100 PCIe", "A100-PCIE-40GB", "A100-SXM4-40GB", "H100 NVL",
                           "GB200 NVL72", "GH200", "V100", "H20", "MI300X", ""}) {
    EXPECT_TRUE(cluster_of(text).starts_with("refused: ")) << text << cluster_of(text);
  }
}

// Whole nodes, or a part of one, whose switches and NICs then are fewer.
TEST(PublishedHardware, NodesOfAnyNumber) {
  const GpuFacts& gpu = **find_gpu("H100");
  using Texts = std::vector<std::string>;
  EXPECT_EQ(*cluster_settings(gpu, 64, 8), (Texts{"cluster=h100-1x8", "cluster.nodes=8"}));
  EXPECT_EQ(*cluster_settings(gpu, 4, 8),
            (Texts{"cluster=h100-1x8", "cluster.nodes=1", "cluster.gpus_per_node=4",
                   "cluster.nvlink_domain=4", "cluster.nics_per_node=4"}));
  EXPECT_EQ(*cluster_settings(gpu, 8, 4),
            (Texts{"cluster=h100-1x8", "cluster.nodes=2", "cluster.gpus_per_node=4",
                   "cluster.nvlink_domain=4", "cluster.nics_per_node=4"}));
  EXPECT_FALSE(cluster_settings(gpu, 12, 8));
}

TEST(PublishedHardware, BandwidthOfOneGpu) {
  EXPECT_EQ(nic_gbps("RDMA 1.6 Tb/s per node", 8), 200);  // 1600 / 8
  EXPECT_EQ(nic_gbps("RDMA 400 Gb/s per GPU", 8), 400);
  EXPECT_EQ(nic_gbps("Selene, 8x HDR 200 Gb/s", 8), 200);
  EXPECT_EQ(nic_gbps("4x 100 Gb/s", 8), std::nullopt) << "of 8 GPUs: whose they are is not said";
  EXPECT_EQ(nic_gbps("50 GB/s per GPU", 8), std::nullopt) << "bytes";
  EXPECT_EQ(nic_gbps("InfiniBand", 8), std::nullopt);
}

TEST(PublishedHardware, SetsLinksThatDifferFromTheShippedOnes) {
  const GpuFacts& gpu = **find_gpu("A800");
  FileFacts file;
  file.inter_node = "RDMA 1.6 Tb/s per node";
  EXPECT_TRUE(links_of(gpu, file, 8).settings.empty());
  EXPECT_EQ(links_of(gpu, file, 8).assumption, "");
  file.inter_node = "RoCE, 100 Gb/s per GPU";
  EXPECT_EQ(links_of(gpu, file, 8).settings,
            std::vector<std::string>{"cluster.fabric.bandwidth=100Gbps"});
  file.inter_node = "RoCE";
  EXPECT_TRUE(links_of(gpu, file, 8).settings.empty());
  EXPECT_NE(links_of(gpu, file, 8).assumption.find("'RoCE'"), std::string::npos);
}

}  // namespace
}  // namespace seqspan::profiles::published
