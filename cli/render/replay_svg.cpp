#include "cli/render/replay_svg.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <utility>

#include "cli/render/svg.hpp"

namespace seqspan::cli {
namespace {

using profiles::Replay;

constexpr double kLeft = 70;
constexpr double kTop = 60;
constexpr double kSide = 460;
constexpr double kWidth = 1060;
constexpr double kHeight = 580;
constexpr double kLegendRow = 20;
constexpr std::array kColours = {"#3b82c4", "#d9661f", "#3a9d4f", "#b05cc4",
                                 "#b8941f", "#d1495b", "#7a86e8", "#4f9494"};

struct Dot {
  double measured = 1;
  double predicted = 1;
  std::string title;
};

struct Series {
  std::string name;
  std::vector<Dot> dots;
};

std::vector<Series> series_of(const std::vector<Replay>& replays) {
  std::vector<Series> all;
  for (const Replay& replay : replays) {
    for (std::size_t i = 0; i < profiles::kReplayQuantities; ++i) {
      const auto quantity = static_cast<profiles::ReplayQuantity>(i);
      Series series{fmt::format("{}: {}", replay.source.name, name_of(quantity)), {}};
      double smallest = 1e300;
      for (const profiles::ReplayedRow& row : replay.rows) {
        for (const profiles::ReplayComparison& comparison : row.comparisons) {
          if (comparison.quantity != quantity) continue;
          smallest = std::min(smallest, comparison.measured);
          series.dots.push_back(
              {comparison.measured, comparison.predicted,
               fmt::format("{} {}: {:.1f}, predicted {:.1f}", row.row.group, row.row.layout,
                           comparison.measured, comparison.predicted)});
        }
      }
      for (Dot& dot : series.dots) {
        dot.measured /= smallest;
        dot.predicted /= smallest;
      }
      if (!series.dots.empty()) all.push_back(std::move(series));
    }
  }
  return all;
}

// Both axes, logarithmic.
struct Axes {
  double first = 0;
  double last = 1;

  [[nodiscard]] double share(double value) const {
    return std::clamp((std::log10(value) - first) / (last - first), 0.0, 1.0);
  }
  [[nodiscard]] double x(double value) const { return kLeft + kSide * share(value); }
  [[nodiscard]] double y(double value) const { return kTop + kSide * (1 - share(value)); }
};

Axes axes_of(const std::vector<Series>& all) {
  Axes axes{1e300, -1e300};
  for (const Series& series : all) {
    for (const Dot& dot : series.dots) {
      for (const double value : {dot.measured, dot.predicted}) {
        axes.first = std::min(axes.first, std::log10(value) - 0.05);
        axes.last = std::max(axes.last, std::log10(value) + 0.05);
      }
    }
  }
  if (all.empty()) return {};
  return axes;
}

std::string text_at(double x, double y, const char* anchor, std::string_view text) {
  return fmt::format(
      "<text class=\"text\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", x, y, anchor,
      svg_escaped(text));
}

// Sets are told apart by colour, and every eight of them by another shape.
std::string mark(double x, double y, std::size_t series, std::string_view title) {
  const char* colour = kColours[series % kColours.size()];
  const auto polygon = [&](std::initializer_list<std::pair<double, double>> corners) {
    std::string points;
    for (const auto& [dx, dy] : corners) points += fmt::format(" {:.1f},{:.1f}", x + dx, y + dy);
    return fmt::format("<polygon points=\"{}\"", points.substr(1));
  };
  std::string shape;
  switch (series / kColours.size() % 4) {
    case 0:
      shape = fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4\"", x, y);
      break;
    case 1:
      shape = polygon({{-3.5, -3.5}, {3.5, -3.5}, {3.5, 3.5}, {-3.5, 3.5}});
      break;
    case 2:
      shape = polygon({{0, -4.5}, {4.5, 3.5}, {-4.5, 3.5}});
      break;
    default:
      shape = polygon({{0, -5}, {5, 0}, {0, 5}, {-5, 0}});
      break;
  }
  return fmt::format("{} fill=\"{}\" fill-opacity=\"0.75\"><title>{}</title></{}>\n", shape, colour,
                     svg_escaped(title), shape.substr(1, shape.find(' ') - 1));
}

std::string diagonal(const Axes& axes, double factor, const char* dash) {
  const double low = std::pow(10, axes.first);
  const double high = std::pow(10, axes.last);
  return fmt::format(
      "<line class=\"line\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"{}/>\n",
      axes.x(std::max(low, low / factor)), axes.y(std::max(low, low * factor)),
      axes.x(std::min(high, high / factor)), axes.y(std::min(high, high * factor)), dash);
}

}  // namespace

std::string replay_svg(const std::vector<Replay>& replays) {
  const std::vector<Series> all = series_of(replays);
  const Axes axes = axes_of(all);
  const double legend_height = kTop + kLegendRow * static_cast<double>(all.size() + 1);
  std::string svg =
      svg_start(kWidth, std::max(kHeight, legend_height), 12, "Predicted against measured",
                "Predicted against published measurements");
  svg += fmt::format(
      "<rect class=\"frame\" fill=\"none\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>\n", kLeft,
      kTop, kSide, kSide);
  for (double value = 1; std::log10(value) < axes.last; value *= 2) {
    if (std::log10(value) < axes.first) continue;
    svg += fmt::format(
        "<line class=\"grid\" x1=\"{0:.1f}\" y1=\"{1:.1f}\" x2=\"{0:.1f}\" y2=\"{2:.1f}\"/>\n",
        axes.x(value), kTop, kTop + kSide);
    svg += fmt::format(
        "<line class=\"grid\" x1=\"{1:.1f}\" y1=\"{0:.1f}\" x2=\"{2:.1f}\" y2=\"{0:.1f}\"/>\n",
        axes.y(value), kLeft, kLeft + kSide);
    svg += text_at(axes.x(value), kTop + kSide + 18, "middle", fmt::format("{:g}", value));
    svg += text_at(kLeft - 8, axes.y(value) + 4, "end", fmt::format("{:g}", value));
  }
  svg += diagonal(axes, 1, "");
  svg += diagonal(axes, 1.1, " stroke-dasharray=\"4 4\"");
  svg += diagonal(axes, 1 / 1.1, " stroke-dasharray=\"4 4\"");
  svg += text_at(kLeft + kSide / 2, kTop + kSide + 40, "middle",
                 "measured / smallest measured of the set");
  svg +=
      text_at(kLeft, kTop - 12, "start", "predicted / smallest measured of the set; dashed: 10 %");
  double legend = kTop + 10;
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (const Dot& dot : all[i].dots) {
      svg += mark(axes.x(dot.measured), axes.y(dot.predicted), i, dot.title);
    }
    svg += mark(kLeft + kSide + 24, legend - 4, i, all[i].name);
    svg += text_at(kLeft + kSide + 36, legend, "start", all[i].name);
    legend += kLegendRow;
  }
  return svg + "</svg>\n";
}

}  // namespace seqspan::cli
