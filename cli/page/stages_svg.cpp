#include <fmt/format.h>

#include <algorithm>

#include "cli/page/drawings.hpp"
#include "cli/render/quantity.hpp"
#include "cli/render/text.hpp"

namespace seqspan::cli {
namespace {

constexpr double kWidth = 1000;
constexpr double kLeft = 74;
constexpr double kRight = 880;
constexpr double kRow = 24;
constexpr double kBar = 16;
constexpr double kTop = 22;

}  // namespace

std::string role_class(std::size_t role) { return fmt::format("c{}", role); }

std::string role_key() {
  std::string html = "<div class=\"key\">";
  for (std::size_t i = 0; i < sim::kMemoryRoleCount; ++i) {
    html += fmt::format("<span><i class=\"{}\"></i>{}</span>", role_class(i),
                        words(name_of(static_cast<sim::MemoryRole>(i))));
  }
  return html + "</div>\n";
}

std::string stages_svg(const sim::Simulation& simulation) {
  sim::Bytes most = simulation.capacity;
  for (const sim::StageMemory& stage : simulation.by_stage) most = std::max(most, stage.peak);
  const double scale = (kRight - kLeft) / static_cast<double>(most.value());
  const double bottom = kTop + kRow * static_cast<double>(simulation.by_stage.size());
  std::string svg = fmt::format(
      "<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"peak memory of every stage by "
      "role\">\n",
      kWidth, bottom + 4);
  const double limit = kLeft + static_cast<double>(simulation.capacity.value()) * scale;
  double y = kTop;
  for (const sim::StageMemory& stage : simulation.by_stage) {
    svg += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"end\">stage {}</text>", kLeft - 10,
                       y + 13, stage.stage);
    double x = kLeft;
    for (std::size_t i = 0; i < sim::kMemoryRoleCount; ++i) {
      const double width = static_cast<double>(stage.by_role[i].value()) * scale;
      if (width <= 0) continue;
      svg += fmt::format(
          "<rect class=\"{}\" x=\"{:.1f}\" y=\"{}\" width=\"{:.1f}\" height=\"{}\"><title>{}: "
          "{}</title></rect>",
          role_class(i), x, y, width, kBar, words(name_of(static_cast<sim::MemoryRole>(i))),
          gib(stage.by_role[i]));
      x += width;
    }
    // Beside the bar, and beyond the mark of the capacity where the two would touch.
    constexpr double kLabel = 66;
    if (x <= limit && x + kLabel > limit) x = limit;
    svg += fmt::format("<text x=\"{:.1f}\" y=\"{}\">{}</text>\n", x + 8, y + 13, gib(stage.peak));
    y += kRow;
  }
  svg += fmt::format(
      "<line class=\"limit\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1}\" y2=\"{2}\"/>"
      "<text class=\"axis\" x=\"{0:.1f}\" y=\"12\" text-anchor=\"end\">capacity {3}</text></svg>\n",
      limit, kTop - 5, bottom, gib(simulation.capacity));
  return svg;
}

}  // namespace seqspan::cli
