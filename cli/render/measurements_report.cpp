#include "cli/render/measurements_report.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/render/format_version.hpp"
#include "cli/render/table.hpp"
#include "sim/units/format_units.hpp"

namespace seqspan::cli {
namespace {

using Json = nlohmann::ordered_json;

Json set_json(const profiles::MeasurementSet& set) {
  Json points = Json::array();
  for (const profiles::MeasuredPoint& point : set.points) {
    points.push_back({{"size_bytes", point.size.value()}, {"seconds", point.time.value()}});
  }
  return {{"file", set.file},           {"collective", name_of(set.group.collective)},
          {"ranks", set.group.ranks},   {"nodes", set.group.nodes},
          {"in_place", set.in_place},   {"variant", set.variant},
          {"source", set.source},       {"date", set.date},
          {"points", std::move(points)}};
}

}  // namespace

std::string measurements_report(const Style& style,
                                const std::vector<profiles::ImportedLog>& logs) {
  Table table({{"collective"},
               {"ranks", Align::kRight},
               {"nodes", Align::kRight},
               {"placement"},
               {"points", Align::kRight},
               {"from", Align::kRight},
               {"to", Align::kRight},
               {"variant", Align::kLeft, true}});
  for (const profiles::ImportedLog& log : logs) {
    table.section(log.file.path);
    for (const profiles::MeasurementSet& set : log.sets) {
      table.add({name_of(set.group.collective), std::to_string(set.group.ranks),
                 std::to_string(set.group.nodes), set.in_place ? "in-place" : "out-of-place",
                 std::to_string(set.points.size()), sim::format_bytes(set.points.front().size),
                 sim::format_bytes(set.points.back().size), set.variant});
    }
  }
  return table.text(style);
}

std::string measurements_json(const std::vector<profiles::ImportedLog>& logs) {
  Json object = {{"format_version", kFormatVersion},
                 {"inputs", Json::array()},
                 {"warnings", Json::array()},
                 {"sets", Json::array()}};
  for (const profiles::ImportedLog& log : logs) {
    object["inputs"].push_back({{"path", log.file.path}, {"sha256", log.file.sha256}});
    for (const sim::Warning& warning : log.warnings) {
      object["warnings"].push_back(
          {{"code", warning.code}, {"message", warning.message}, {"path", warning.path}});
    }
    for (const profiles::MeasurementSet& set : log.sets) object["sets"].push_back(set_json(set));
  }
  return object.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace seqspan::cli
