#include "cli/render/profile_svg.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "cli/render/svg.hpp"
#include "sim/units/format_units.hpp"

namespace seqspan::cli {
namespace {

using profiles::CollectiveKind;
using profiles::FittedCurve;

constexpr double kLeft = 70;
constexpr double kPlotWidth = 560;
constexpr double kPlotHeight = 280;
constexpr double kWidth = 960;
constexpr double kTop = 60;
constexpr double kPanelHeight = 370;
constexpr int kSteps = 160;

// Middle tones, told apart on white and on black.
constexpr std::array kColours = {"#3b82c4", "#d9661f", "#3a9d4f", "#b05cc4",
                                 "#b8941f", "#d1495b", "#7a86e8", "#4f9494"};

double busbw(const FittedCurve& curve, double size, double seconds) {
  return size / seconds * busbw_factor(curve.group.collective, curve.group.ranks) / sim::kGiga;
}

// Logarithmic axes of a panel: powers of 2 by size, of 10 by busbw.
struct Axes {
  double top = 0;
  double first_size = 1e300;  // logarithms, base 2
  double last_size = 0;
  double first_rate = 1e300;  // logarithms, base 10
  double last_rate = -1e300;

  void include(const FittedCurve& curve) {
    for (const profiles::MeasuredPoint& point : curve.measured) {
      const auto size = static_cast<double>(point.size.value());
      const double rate = busbw(curve, size, point.time.value());
      first_size = std::min(first_size, std::floor(std::log2(size)));
      last_size = std::max(last_size, std::ceil(std::log2(size)));
      first_rate = std::min(first_rate, std::floor(std::log10(rate)));
      last_rate = std::max(last_rate, std::ceil(std::log10(rate)));
    }
    last_size = std::max(last_size, first_size + 1);
    last_rate = std::max(last_rate, first_rate + 1);
  }
  [[nodiscard]] double x(double size) const {
    return kLeft + kPlotWidth * (std::log2(size) - first_size) / (last_size - first_size);
  }
  [[nodiscard]] double y(double rate) const {
    const double share = (std::log10(rate) - first_rate) / (last_rate - first_rate);
    return top + kPlotHeight * (1 - std::clamp(share, 0.0, 1.0));
  }
};

std::string text_at(double x, double y, const char* anchor, std::string_view text) {
  return fmt::format(
      "<text class=\"text\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", x, y, anchor,
      svg_escaped(text));
}

std::string grid(const Axes& axes) {
  std::string svg;
  for (double exponent = axes.first_size; exponent <= axes.last_size; exponent += 1) {
    const double x = axes.x(std::exp2(exponent));
    if (std::fmod(exponent, 5) != 0 && axes.last_size - axes.first_size > 5) continue;
    svg += fmt::format(
        "<line class=\"grid\" x1=\"{0:.1f}\" y1=\"{1:.1f}\" x2=\"{0:.1f}\" y2=\"{2:.1f}\"/>\n", x,
        axes.top, axes.top + kPlotHeight);
    svg += text_at(x, axes.top + kPlotHeight + 18, "middle",
                   sim::format_bytes(sim::Bytes(std::int64_t{1} << static_cast<int>(exponent))));
  }
  for (double exponent = axes.first_rate; exponent <= axes.last_rate; exponent += 1) {
    const double y = axes.y(std::pow(10, exponent));
    svg += fmt::format(
        "<line class=\"grid\" x1=\"{0:.1f}\" y1=\"{1:.1f}\" x2=\"{2:.1f}\" y2=\"{1:.1f}\"/>\n",
        kLeft, y, kLeft + kPlotWidth);
    svg += text_at(kLeft - 8, y + 4, "end", fmt::format("{:g}", std::pow(10, exponent)));
  }
  return svg;
}

std::string line_of(const Axes& axes, const FittedCurve& curve, const char* colour) {
  const double first = std::log2(static_cast<double>(curve.measured.front().size.value()));
  const double last = std::log2(static_cast<double>(curve.measured.back().size.value()));
  std::string points;
  for (int i = 0; i <= kSteps; ++i) {
    const double size = std::round(std::exp2(first + (last - first) * i / kSteps));
    const sim::Seconds time = curve.curve.time(sim::Bytes(static_cast<std::int64_t>(size)));
    points += fmt::format("{:.1f},{:.1f} ", axes.x(size), axes.y(busbw(curve, size, time.value())));
  }
  points.pop_back();
  return fmt::format("<polyline fill=\"none\" stroke=\"{}\" stroke-width=\"1.5\" points=\"{}\"/>\n",
                     colour, points);
}

std::string dots_of(const Axes& axes, const FittedCurve& curve, const char* colour) {
  std::string svg;
  for (const profiles::MeasuredPoint& point : curve.measured) {
    const auto size = static_cast<double>(point.size.value());
    svg += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\" fill=\"{}\"/>\n", axes.x(size),
                       axes.y(busbw(curve, size, point.time.value())), colour);
  }
  return svg;
}

std::string panel(const profiles::FabricProfile& profile, CollectiveKind kind, double top) {
  Axes axes;
  axes.top = top + 24;
  for (const FittedCurve& curve : profile.curves) {
    if (curve.group.collective == kind) axes.include(curve);
  }
  std::string svg =
      text_at(kLeft, top + 10, "start", fmt::format("{}: busbw (GB/s) by size", name_of(kind)));
  svg += grid(axes);
  std::size_t index = 0;
  for (const FittedCurve& curve : profile.curves) {
    if (curve.group.collective != kind) continue;
    const char* colour = kColours[index % kColours.size()];
    svg += line_of(axes, curve, colour) + dots_of(axes, curve, colour);
    const double y = axes.top + 14 + 20 * static_cast<double>(index);
    svg += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"5\" fill=\"{}\"/>\n",
                       kLeft + kPlotWidth + 20, y - 4, colour);
    svg += text_at(kLeft + kPlotWidth + 32, y, "start",
                   fmt::format("{} ranks, {} node{}{}", curve.group.ranks, curve.group.nodes,
                               curve.group.nodes == 1 ? "" : "s",
                               curve.variant.empty() ? "" : ", " + curve.variant));
    ++index;
  }
  return svg;
}

}  // namespace

std::string profile_svg(const profiles::FabricProfile& profile) {
  std::vector<CollectiveKind> kinds;
  for (const FittedCurve& curve : profile.curves) {
    if (kinds.empty() || kinds.back() != curve.group.collective) {
      kinds.push_back(curve.group.collective);
    }
  }
  const double height = kTop + kPanelHeight * static_cast<double>(kinds.size());
  std::string svg = svg_start(kWidth, height, 13, profile.name + ": measured and fitted",
                              profile.name + ": dots are measured, lines are fitted");
  double top = kTop;
  for (const CollectiveKind kind : kinds) {
    svg += panel(profile, kind, top);
    top += kPanelHeight;
  }
  return svg + "</svg>\n";
}

}  // namespace seqspan::cli
