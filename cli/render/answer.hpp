// The first lines of a report: does it fit, how fast is it, what bounds it.
#pragma once

#include <string>

#include "cli/render/style.hpp"
#include "sim/engine/simulator.hpp"
#include "sim/spec/job.hpp"

namespace seqspan::cli {

// "fits, 8.4 GiB free (71.2 of 79.6 GiB)" or "does not fit, over by 3.1 GiB (82.7 of 79.6 GiB)".
[[nodiscard]] std::string fit_text(const Style& style, sim::Bytes peak, sim::Bytes capacity);

// "title: fits, ...", on two lines where one is too narrow.
[[nodiscard]] std::string headline(const Style& style, const std::string& title, sim::Bytes peak,
                                   sim::Bytes capacity);

// "step 12.3 s, 1,234 tokens/s/GPU, 412 TFLOP/s/GPU (MFU 41.6 %), bound by attention (54.1 %)"
[[nodiscard]] std::string speed_text(const sim::Simulation& simulation);

// "Llama-3-8B on h100-1x8 (8 x H100-SXM5-80GB), megatron, 131,072 tokens x 8 sequences"
[[nodiscard]] std::string job_text(const sim::Job& job);

// A heading between two sections, with an empty line above it.
[[nodiscard]] std::string heading(const Style& style, const std::string& title);

}  // namespace seqspan::cli
