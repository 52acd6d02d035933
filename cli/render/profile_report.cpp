#include "cli/render/profile_report.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/render/bar.hpp"
#include "cli/render/table.hpp"
#include "cli/render/text.hpp"
#include "sim/units/format_units.hpp"

namespace seqspan::cli {
namespace {

using profiles::FabricProfile;
using profiles::FitErrors;
using profiles::FittedCurve;
using profiles::LinkLevel;

constexpr std::size_t kBusbwBarColumns = 24;

std::string error_percent(double part) { return fmt::format("{:.1f} %", part * 100); }

std::string median_and_worst(const FitErrors& errors) {
  if (errors.sizes == 0) return "-";
  return fmt::format("{:.1f} / {:.1f} %", errors.median * 100, errors.worst * 100);
}

std::string title_of(const FittedCurve& curve) {
  return show(curve.group) + (curve.variant.empty() ? "" : ", " + curve.variant);
}

// nccl-tests prints microseconds with as many digits as fit into seven columns.
std::string microseconds(sim::Seconds time) {
  const double us = time.value() * 1e6;
  return us < 10000 ? fmt::format("{:.2f}", us) : fmt::format("{:.0f}", us);
}

std::string sources_text(const Style& style, const FabricProfile& profile) {
  std::string text;
  for (const profiles::ProfileSource& source : profile.sources) {
    std::string line = source.file;
    if (!source.date.empty()) line += ", measured " + source.date;
    if (!source.source.empty()) line += ": " + source.source;
    text += paragraph("  ", line, style.width);
  }
  return text;
}

std::string errors_text(const Style& style, const FabricProfile& profile) {
  Table table({{"curve", Align::kLeft, true},
               {"sizes", Align::kRight},
               {"fitted", Align::kRight},
               {"left out", Align::kRight},
               {"no switch", Align::kRight},
               {"links", Align::kRight},
               {"switches", Align::kRight}});
  for (const FittedCurve& curve : profile.curves) {
    table.add({title_of(curve), std::to_string(curve.fitted.sizes), median_and_worst(curve.fitted),
               median_and_worst(curve.left_out), median_and_worst(curve.left_out_beside_no_switch),
               median_and_worst(curve.links), std::to_string(curve.switches.size())});
  }
  return table.text(style);
}

std::string or_unknown(double value, const std::string& text) { return value > 0 ? text : "-"; }

void add_level(Table& table, const char* name, const LinkLevel& level) {
  const auto latency = [](sim::Seconds time) {
    return or_unknown(time.value(), fmt::format("{:.2f} us", time.value() * 1e6));
  };
  table.add({name,
             or_unknown(level.bandwidth.value(),
                        fmt::format("{:.1f} GB/s", level.bandwidth.value() / sim::kGiga)),
             latency(level.message_latency), latency(level.ring_step_latency)});
}

std::string links_text(const Style& style, const profiles::LinkParameters& links) {
  Table table({{"links"},
               {"bandwidth", Align::kRight},
               {"message", Align::kRight},
               {"ring step", Align::kRight}});
  add_level(table, "inside a node", links.inside);
  add_level(table, "between nodes", links.between);
  std::string text = table.text(style);
  if (links.ring_base_latency.value() > 0) {
    text += fmt::format("  a ring collective starts in {:.2f} us\n",
                        links.ring_base_latency.value() * 1e6);
  }
  return text;
}

std::string curve_text(const Style& style, const FittedCurve& curve) {
  const double factor = busbw_factor(curve.group.collective, curve.group.ranks);
  const auto busbw = [&](sim::Bytes size, sim::Seconds time) {
    return (size / time).value() * factor / sim::kGiga;
  };
  double most = 0;
  for (const profiles::MeasuredPoint& point : curve.measured) {
    most = std::max(most, busbw(point.size, point.time));
  }
  Table table({{"size (B)", Align::kRight},
               {"time (us)", Align::kRight},
               {"fitted (us)", Align::kRight},
               {"error", Align::kRight},
               {"algbw (GB/s)", Align::kRight},
               {"busbw (GB/s)", Align::kRight},
               {""}});
  for (const profiles::MeasuredPoint& point : curve.measured) {
    const sim::Seconds fitted = curve.curve.time(point.size);
    const double bus = busbw(point.size, point.time);
    table.add({std::to_string(point.size.value()), microseconds(point.time), microseconds(fitted),
               error_percent(fitted / point.time - 1),
               fmt::format("{:.2f}", (point.size / point.time).value() / sim::kGiga),
               fmt::format("{:.2f}", bus),
               bar(style, most > 0 ? bus / most : 0, kBusbwBarColumns)});
    for (const profiles::Switch& found : curve.switches) {
      if (found.after == point.size) {
        table.note(
            fmt::format("switch: {} from here to {} B", name_of(found.kind), found.before.value()));
      }
    }
  }
  return "\n" + bold(style, title_of(curve)) + "\n" + table.text(style);
}

}  // namespace

std::string profile_summary(const Style& style, const FabricProfile& profile) {
  return bold(style, profile.name) + "\n" + sources_text(style, profile) +
         "\nErrors, median / worst: fitted against measured; every second size left out, all and "
         "those\nbeside no switch; link parameters alone\n" +
         errors_text(style, profile) + "\n" + links_text(style, profile.links);
}

std::string profile_report(const Style& style, const FabricProfile& profile) {
  std::string text = profile_summary(style, profile);
  for (const FittedCurve& curve : profile.curves) text += curve_text(style, curve);
  return text;
}

}  // namespace seqspan::cli
