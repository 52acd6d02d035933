#include "cli/render/memory_svg.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "cli/render/quantity.hpp"
#include "cli/render/svg.hpp"
#include "cli/render/text.hpp"
#include "sim/units/format_units.hpp"

namespace seqspan::cli {
namespace {

constexpr double kWidth = 960;
constexpr double kLeft = 300;
constexpr double kRight = 790;
constexpr double kTop = 92;
constexpr double kRow = 26;
constexpr double kBar = 18;
constexpr double kMargin = 40;
// A bar that is longer is cut off.
constexpr double kMostOfCapacity = 1.6;
constexpr std::array<const char*, sim::kMemoryRoleCount> kColours = {
    "#4477aa", "#66ccee", "#228833", "#ee6677", "#ccbb44", "#aa3377", "#bbbbbb"};

bool has_memory(const WhatIf& answer) {
  return !answer.is_refused() && (!answer.longest || answer.longest->tokens > 0);
}

std::string label_of(const MemoryArguments& arguments, const WhatIf& answer) {
  std::string label;
  for (std::size_t i = 0; i < answer.values.size(); ++i) {
    const std::string& path = arguments.sweeps[i].path;
    label += (i > 0 ? ", " : "") + path.substr(path.rfind('.') + 1) + "=" + answer.values[i];
  }
  return label.empty() ? arguments.layout : label;
}

std::string text_at(double x, double y, const char* anchor, std::string_view text) {
  return fmt::format(
      "<text class=\"text\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", x, y, anchor,
      svg_escaped(text));
}

std::string legend() {
  std::string text;
  double x = 16;
  for (std::size_t i = 0; i < sim::kMemoryRoleCount; ++i) {
    const std::string name = words(name_of(static_cast<sim::MemoryRole>(i)));
    text += fmt::format("<rect x=\"{:.1f}\" y=\"44\" width=\"12\" height=\"12\" fill=\"{}\"/>\n", x,
                        kColours[i]);
    text += text_at(x + 16, 54, "start", name);
    x += 34 + 6.6 * static_cast<double>(name.size());
  }
  return text;
}

std::string bars(const WhatIf& answer, double y, double scale) {
  std::string text;
  double x = kLeft;
  for (std::size_t i = 0; i < sim::kMemoryRoleCount; ++i) {
    const double width =
        std::min(static_cast<double>(answer.by_role[i].value()) * scale, kRight - x);
    if (width <= 0) continue;
    text += fmt::format(
        "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.0f}\" fill=\"{}\">"
        "<title>{}: {}</title></rect>\n",
        x, y, width, kBar, kColours[i], words(name_of(static_cast<sim::MemoryRole>(i))),
        gib(answer.by_role[i]));
    x += width;
  }
  return text;
}

std::string remark(const WhatIf& answer) {
  if (answer.is_refused()) return "refused: " + answer.code;
  if (!has_memory(answer)) return "no sequence fits";
  std::string text = gib(answer.peak) + ", " + name_of(answer.verdict);
  if (answer.longest) text = sim::format_count(answer.longest->tokens) + " tokens";
  return text;
}

}  // namespace

std::string memory_svg(const sim::Job& job, const MemoryArguments& arguments,
                       const std::vector<WhatIf>& answers) {
  sim::Bytes capacity = job.cluster.device.memory;
  sim::Bytes most = capacity;
  for (const WhatIf& answer : answers) {
    capacity = std::max(capacity, answer.capacity);
    if (has_memory(answer)) most = std::max(most, answer.peak);
  }
  const double shown = std::min(static_cast<double>(most.value()),
                                kMostOfCapacity * static_cast<double>(capacity.value()));
  const double scale = (kRight - kLeft) / shown;
  const double bottom = kTop + kRow * static_cast<double>(answers.size());
  const std::string heading =
      fmt::format("{} on {}, {}: memory of a GPU", job.model.name, job.cluster.name,
                  arguments.layout.empty() ? "defaults" : arguments.layout);
  std::string svg = svg_start(kWidth, bottom + kMargin, 12, heading, heading) + legend();
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const WhatIf& answer = answers[i];
    const double y = kTop + kRow * static_cast<double>(i);
    svg += text_at(kLeft - 10, y + 14, "end", label_of(arguments, answer));
    if (has_memory(answer)) svg += bars(answer, y, scale);
    const bool is_cut =
        has_memory(answer) && static_cast<double>(answer.peak.value()) * scale > kRight - kLeft + 1;
    svg += text_at(kRight + 10, y + 14, "start", (is_cut ? "> " : "") + remark(answer));
    const double x = kLeft + static_cast<double>(answer.capacity.value()) * scale;
    svg += fmt::format(
        "<line class=\"line\" x1=\"{0:.1f}\" y1=\"{1:.1f}\" x2=\"{0:.1f}\" y2=\"{2:.1f}\" "
        "stroke-width=\"3\"/>\n",
        x, y - 4, y + kBar + 4);
  }
  svg += text_at(kLeft + static_cast<double>(capacity.value()) * scale, kTop - 10, "middle",
                 "memory " + gib(capacity));
  return svg + "</svg>\n";
}

}  // namespace seqspan::cli
