#include "profiles/replay/published/hardware.hpp"

#include <fmt/format.h>

#include <cmath>

#include "profiles/replay/published/words.hpp"
#include "sim/errors/quote.hpp"

namespace seqspan::profiles::published {
namespace {

constexpr const char* kPcie = "the profiles are of SXM modules: another power limit, and no NVLink";
constexpr const char* kA100Memory = "the profile is of 80 GB, whose memory is also faster";
constexpr const char* kGrace = "no profile of it is shipped";
constexpr const char* kRack =
    "racks of 72 are cut into nodes of 4 there, which the file's nodes "
    "are not";

// The first that fits counts: variants before what they are variants of. NICs are those of the
// cluster's fabric (profiles/fabrics); peaks are NVIDIA's for dense bf16.
constexpr GpuFacts kGpus[] = {
    {"gb200", "", nullptr, kRack, 0, 0},
    {"gb300", "", nullptr, kGrace, 0, 0},
    {"gh200", "", nullptr, kGrace, 0, 0},
    {"a100", "pcie", nullptr, kPcie, 0, 0},
    {"a100", "40gb", nullptr, kA100Memory, 0, 0},
    {"a100", "40 gb", nullptr, kA100Memory, 0, 0},
    {"a100", "", "a100-1x8", "", 200, 312},
    {"a800", "pcie", nullptr, kPcie, 0, 0},
    {"a800", "", "a800-1x8", "", 200, 312},
    {"h100", "pcie", nullptr, kPcie, 0, 0},
    {"h100", "nvl", nullptr, kPcie, 0, 0},
    {"h100", "hbm2e", "h100-96gb-1x8", "", 400, 989.4},
    {"h100", "96gb", "h100-96gb-1x8", "", 400, 989.4},
    {"h100", "96 gb", "h100-96gb-1x8", "", 400, 989.4},
    {"h100", "", "h100-1x8", "", 400, 989.4},
    {"h800", "pcie", nullptr, kPcie, 0, 0},
    {"h800", "", "h800-1x8", "", 400, 989.4},
    {"h200", "nvl", nullptr, kPcie, 0, 0},
    {"h200", "", "h200-1x8", "", 400, 989.4},
    {"b200", "", "b200-1x8", "", 400, 2250},
};

}  // namespace

sim::Result<const GpuFacts*> find_gpu(const std::string& text) {
  for (const GpuFacts& gpu : kGpus) {
    if (!has_word(text, gpu.name)) continue;
    if (!says(text, gpu.variant)) continue;
    if (gpu.cluster != nullptr) return &gpu;
    return sim::input_error(fmt::format("GPU {} is not shipped: {}", sim::quote(text), gpu.why));
  }
  if (text.empty()) return sim::input_error("the file names no GPU");
  return sim::input_error(fmt::format(
      "GPU {} is not shipped: A100, A800, H100, H800, H200 and B200 are", sim::quote(text)));
}

sim::Result<std::vector<std::string>> cluster_settings(const GpuFacts& gpu, std::int64_t gpus,
                                                       std::int64_t per_node) {
  std::vector<std::string> settings = {fmt::format("cluster={}", gpu.cluster)};
  const std::int64_t in_node = std::min(gpus, per_node);
  if (gpus % in_node != 0) {
    return sim::input_error(
        fmt::format("{} GPUs are no whole number of nodes of {}", gpus, per_node));
  }
  settings.push_back(fmt::format("cluster.nodes={}", gpus / in_node));
  if (in_node == 8) return settings;  // as shipped
  for (const char* field : {"gpus_per_node", "nvlink_domain", "nics_per_node"}) {
    settings.push_back(fmt::format("cluster.{}={}", field, in_node));
  }
  return settings;
}

std::optional<double> nic_gbps(const std::string& text, std::int64_t per_node) {
  struct Unit {
    const char* name;
    double gbps;
  };
  static constexpr Unit kUnits[] = {{"tb/s", 1e3}, {"tbps", 1e3}, {"tbit/s", 1e3},
                                    {"gb/s", 1},   {"gbps", 1},   {"gbit/s", 1}};
  const std::string small = lower(text);
  for (const Unit& unit : kUnits) {
    const std::size_t at = small.find(unit.name);
    if (at == std::string::npos) continue;
    // Bytes are written GB/s or TB/s.
    if (text.compare(at + 1, 1, "B") == 0) continue;
    const auto number = number_before(small, at);
    if (!number) continue;
    const double gbps = *number * unit.gbps;
    if (says(text, "per node")) return gbps / static_cast<double>(per_node);
    const bool counted = small.find(fmt::format("{}x", per_node)) != std::string::npos ||
                         small.find(fmt::format("{} x", per_node)) != std::string::npos;
    if (counted || says_one_of(small, {"per gpu", "per nic", "a gpu"})) return gbps;
  }
  return std::nullopt;
}

std::string inner_links_text(const GpuFacts& gpu, const std::string& text) {
  if (text.empty()) return {};
  return fmt::format("links inside a node are those of {}; the file says {}", gpu.cluster,
                     sim::quote(text));
}

LinkChoice links_of(const GpuFacts& gpu, const FileFacts& file, std::int64_t per_node) {
  LinkChoice choice;
  const auto stated = nic_gbps(file.inter_node, per_node);
  if (!stated) {
    choice.assumption =
        file.inter_node.empty()
            ? fmt::format("{:g} Gb/s per GPU between nodes: the file does not say", gpu.nic_gbps)
            : fmt::format("{:g} Gb/s per GPU between nodes: {} does not say how much one GPU has",
                          gpu.nic_gbps, sim::quote(file.inter_node));
    return choice;
  }
  if (std::abs(*stated - gpu.nic_gbps) < 1e-6) return choice;
  choice.settings.push_back(fmt::format("cluster.fabric.bandwidth={:g}Gbps", *stated));
  choice.assumption = fmt::format(
      "{:g} Gb/s per GPU between nodes, as the file says, with the efficiency and latencies of the "
      "fabric of {}",
      *stated, gpu.cluster);
  return choice;
}

}  // namespace seqspan::profiles::published
