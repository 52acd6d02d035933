#include <fmt/format.h>

#include <algorithm>

#include "cli/render/answer.hpp"
#include "cli/render/bar.hpp"
#include "cli/render/quantity.hpp"
#include "cli/render/sections.hpp"
#include "cli/render/table.hpp"
#include "cli/render/text.hpp"
#include "sim/units/format_units.hpp"

namespace seqspan::cli {
namespace {

constexpr std::size_t kLargestStages = 16;

std::size_t memory_bar_columns(const Style& style) { return (style.width - 40) * 2 / 3; }

// What is offloaded, for one GPU and for the node.
std::string host_memory(const Style& style, const sim::Simulation& simulation) {
  if (simulation.host_memory.bytes == sim::Bytes(0)) return {};
  std::string roles;
  for (std::size_t i = 0; i < sim::kMemoryRoleCount; ++i) {
    const sim::Bytes bytes = simulation.host_memory.by_role[i];
    if (bytes == sim::Bytes(0)) continue;
    roles += fmt::format("{}{} {}", roles.empty() ? "" : ", ",
                         words(name_of(static_cast<sim::MemoryRole>(i))), gib(bytes));
  }
  const sim::Bytes node = simulation.host_memory.bytes * simulation.gpus_per_host;
  std::string of_node = gib(node) + " per node";
  if (const auto& capacity = simulation.host_capacity) {
    of_node = node <= *capacity ? fmt::format("{} of {} per node", gib_number(node), gib(*capacity))
                                : fmt::format("{} per node, {} by {}", gib(node),
                                              red(style, "over"), gib(node - *capacity));
  }
  return paragraph("  on the host: ",
                   fmt::format("{} ({}), {}", gib(simulation.host_memory.bytes), roles, of_node),
                   style.width);
}

// What PyTorch takes of the GPU, beside what it has in use of it.
std::string reserved_memory(const Style& style, const sim::Simulation& simulation) {
  if (!simulation.reserved) return {};
  const sim::ReservedMemory& memory = *simulation.reserved;
  std::string text = fmt::format(
      "{} at most and has {} of it in use at most: fragments, and pools of "
      "single streams, cost {}",
      gib(memory.reserved), gib_number(memory.allocated), gib(memory.reserved - memory.allocated));
  if (memory.out_of_memory) {
    text += fmt::format(". {}: with NCCL and the CUDA context that is more than the GPU has",
                        red(style, "PyTorch runs out of memory"));
  } else if (memory.times_returned > 0) {
    text += fmt::format(
        ". {}: segments are given back {} times in two steps, and each time waits "
        "for the GPU",
        yellow(style, "That is all there is"), memory.times_returned);
  }
  return paragraph("  ", "PyTorch reserves " + text, style.width);
}

}  // namespace

std::string memory_section(const Style& style, const sim::Simulation& simulation) {
  const sim::Bytes capacity = simulation.capacity;
  const sim::Bytes peak = simulation.peak.peak;
  Table table({{"", Align::kLeft}, {"", Align::kRight}, {"", Align::kRight}, {"", Align::kLeft}});
  const auto row = [&](const std::string& name, sim::Bytes bytes) {
    const double share = bytes / capacity;
    table.add({name, gib(bytes), percent(share), bar(style, share, memory_bar_columns(style))});
  };
  for (std::size_t i = 0; i < sim::kMemoryRoleCount; ++i) {
    const sim::Bytes bytes = simulation.peak.by_role[i];
    if (bytes.value() > 0) row(words(name_of(static_cast<sim::MemoryRole>(i))), bytes);
  }
  if (peak <= capacity) {
    table.add({"free", gib(capacity - peak), percent((capacity - peak) / capacity), ""});
  } else {
    table.add({red(style, "over"), gib(peak - capacity), percent((peak - capacity) / capacity),
               bar(style, (peak - capacity) / capacity, memory_bar_columns(style))});
  }
  std::string text =
      heading(style, fmt::format("Memory per GPU: {} of {}", gib_number(peak), gib(capacity)));
  text += table.text(style);
  text += paragraph("  peak at ", simulation.peak_moment, style.width);
  text += paragraph("  ",
                    fmt::format("one layer saves {} for the backward pass of one micro-batch",
                                sim::format_bytes(simulation.saved_per_layer)),
                    style.width);
  return text + reserved_memory(style, simulation) + host_memory(style, simulation);
}

std::string stage_section(const Style& style, const sim::Simulation& simulation) {
  if (simulation.by_stage.size() < 2) return {};
  Table table({{"stage", Align::kRight},
               {"peak GiB", Align::kRight},
               {"", Align::kLeft},
               {"", Align::kLeft}});
  std::size_t shown = 0;
  for (const sim::StageMemory& stage : simulation.by_stage) {
    if (shown++ == kLargestStages) break;
    const bool fits = stage.peak <= simulation.capacity;
    table.add({fmt::format("{}", stage.stage), gib_number(stage.peak),
               fits ? green(style, "fits") : red(style, "over"),
               bar(style, stage.peak / simulation.capacity, memory_bar_columns(style))});
  }
  std::string text = heading(style, "Memory by pipeline stage") + table.text(style);
  if (simulation.by_stage.size() > kLargestStages) {
    text += fmt::format("  and {} more (--json has all)\n",
                        simulation.by_stage.size() - kLargestStages);
  }
  return text;
}

std::string largest_section(const Style& style, const sim::Simulation& simulation) {
  if (simulation.largest.empty()) return {};
  Table table({{"tensor", Align::kLeft},
               {"GiB", Align::kRight},
               {"copies", Align::kRight},
               {"as", Align::kLeft},
               {"shape of one", Align::kLeft, true}});
  for (const sim::LargestTensor& tensor : simulation.largest) {
    table.add({tensor.name, gib_number(tensor.bytes), sim::format_count(tensor.copies),
               words(name_of(tensor.role)), tensor.shape});
  }
  return heading(style, "Largest tensors at the peak") + table.text(style);
}

}  // namespace seqspan::cli
