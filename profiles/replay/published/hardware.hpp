// The text of a GPU, and of what is between nodes, to a shipped cluster and what to change of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "profiles/replay/published/format.hpp"
#include "sim/errors/error.hpp"

namespace seqspan::profiles::published {

// A shipped cluster for a GPU.
struct GpuFacts {
  const char* name;     // the word that names it, in small letters: "h100"
  const char* variant;  // "": any other than those above it; else a word that the text also has
  const char* cluster;  // nullptr: refused, and `why` says it
  const char* why;
  double nic_gbps;     // of one GPU, on the cluster's fabric
  double peak_tflops;  // bf16, dense, of the maker: what publications divide by for MFU
};

// Errors: kInput (without a place) where the text names none that is shipped, or a variant that is
// not. Whole words count: "GB200" is no B200.
[[nodiscard]] sim::Result<const GpuFacts*> find_gpu(const std::string& text);

// Settings of a cluster of `gpus`: whole nodes of `per_node`, or a part of one node.
// Errors: kInput (without a place) where they are neither.
[[nodiscard]] sim::Result<std::vector<std::string>> cluster_settings(const GpuFacts& gpu,
                                                                     std::int64_t gpus,
                                                                     std::int64_t per_node);

// Bandwidth of one GPU between nodes in Gb/s as a text states it: "1.6 Tb/s per node",
// "400 Gb/s per GPU", "8x HDR 200 Gb/s"; nothing where it does not.
[[nodiscard]] std::optional<double> nic_gbps(const std::string& text, std::int64_t per_node);

// A sentence about the links inside a node that a text states; empty where there is none.
[[nodiscard]] std::string inner_links_text(const GpuFacts& gpu, const std::string& text);

// What becomes of the file's texts about links: a setting where they differ from the cluster's, and
// a sentence for the assumptions.
struct LinkChoice {
  std::vector<std::string> settings;
  std::string assumption;
};
[[nodiscard]] LinkChoice links_of(const GpuFacts& gpu, const FileFacts& file,
                                  std::int64_t per_node);

}  // namespace seqspan::profiles::published
