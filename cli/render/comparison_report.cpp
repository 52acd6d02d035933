#include "cli/render/comparison_report.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/render/format_version.hpp"
#include "cli/render/replay_report.hpp"
#include "cli/render/table.hpp"
#include "sim/units/format_units.hpp"

namespace seqspan::cli {
namespace {

using profiles::ComparedPoint;
using profiles::FitErrors;
using Json = nlohmann::ordered_json;

std::string title_of(const ComparedPoint& point) {
  return show(point.group) + (point.variant.empty() ? "" : ", " + point.variant);
}

std::string ranks_of(const ComparedPoint& point) {
  return fmt::format("{} on {} {}", point.group.ranks, point.group.nodes,
                     point.group.nodes == 1 ? "host" : "hosts");
}

std::string errors_row(const char* name, const FitErrors& errors) {
  return fmt::format("| {} | {} | {:.1f} % | {:.1f} % |\n", name, errors.sizes, errors.median * 100,
                     errors.worst * 100);
}

std::vector<ComparedPoint> of_collective(const std::vector<ComparedPoint>& points,
                                         profiles::CollectiveKind collective) {
  std::vector<ComparedPoint> chosen;
  for (const ComparedPoint& point : points) {
    if (point.group.collective == collective) chosen.push_back(point);
  }
  return chosen;
}

}  // namespace

std::string comparison_report(const Style& style, const std::vector<ComparedPoint>& points) {
  Table table({{"size", Align::kRight},
               {"predicted", Align::kRight},
               {"measured", Align::kRight},
               {"error", Align::kRight},
               {"runs", Align::kRight},
               {""}});
  std::string title;
  for (const ComparedPoint& point : points) {
    if (title_of(point) != title) table.section(title = title_of(point));
    table.add({sim::format_bytes(point.size), sim::format_time(point.predicted),
               sim::format_time(point.measured), signed_percent(point.error()),
               std::to_string(point.runs), point.is_fitted ? "fitted to" : ""});
  }
  const FitErrors errors = errors_of(points);
  return table.text(style) + fmt::format("  {} sizes: median error {:.1f} %, worst {:.1f} %\n",
                                         errors.sizes, errors.median * 100, errors.worst * 100);
}

std::string comparison_markdown(const std::vector<ComparedPoint>& points) {
  std::string text = "| collective | rows | median error | worst |\n|---|---:|---:|---:|\n";
  // Points of a collective follow each other.
  for (std::size_t i = 0; i < points.size(); ++i) {
    const profiles::CollectiveKind collective = points[i].group.collective;
    if (i > 0 && points[i - 1].group.collective == collective) continue;
    text += errors_row(name_of(collective), errors_of(of_collective(points, collective)));
  }
  text += errors_row("all", errors_of(points));
  text +=
      "\n| collective | ranks | siblings | size | predicted | measured | error |\n"
      "|---|---|---|---:|---:|---:|---:|\n";
  for (const ComparedPoint& point : points) {
    text += fmt::format("| {} | {} | {} | {} | {} | {} | {}{} |\n", name_of(point.group.collective),
                        ranks_of(point), point.variant, sim::format_bytes(point.size),
                        sim::format_time(point.predicted), sim::format_time(point.measured),
                        signed_percent(point.error()), point.is_fitted ? " (fitted to)" : "");
  }
  return text;
}

std::string comparison_json(const std::vector<ComparedPoint>& points) {
  const FitErrors errors = errors_of(points);
  Json object = {
      {"format_version", kFormatVersion},
      {"points", Json::array()},
      {"errors", {{"sizes", errors.sizes}, {"median", errors.median}, {"worst", errors.worst}}}};
  for (const ComparedPoint& point : points) {
    object["points"].push_back({{"collective", name_of(point.group.collective)},
                                {"ranks", point.group.ranks},
                                {"nodes", point.group.nodes},
                                {"variant", point.variant},
                                {"size_bytes", point.size.value()},
                                {"runs", point.runs},
                                {"predicted_seconds", point.predicted.value()},
                                {"measured_seconds", point.measured.value()},
                                {"error", point.error()},
                                {"fitted", point.is_fitted}});
  }
  return object.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace seqspan::cli
