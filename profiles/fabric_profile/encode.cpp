#include "profiles/fabric_profile/encode.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <regex>

namespace seqspan::profiles {
namespace {

using Json = nlohmann::ordered_json;

// Rounded so that 34.44 us, kept in seconds, is 34.44 again.
Json number(double value) { return std::strtod(fmt::format("{:.9g}", value).c_str(), nullptr); }
Json microseconds(sim::Seconds time) { return number(time.value() * 1e6); }

void add_text(Json& object, const char* key, const std::string& text) {
  if (!text.empty()) object[key] = text;
}

template <class Points>
Json points_json(const Points& points) {
  Json array = Json::array();
  for (const auto& point : points) {
    array.push_back(Json::array({point.size.value(), microseconds(point.time)}));
  }
  return array;
}

// A point on one line. Texts hold no line ends, so nothing else looks like one.
std::string with_points_on_one_line(const std::string& text) {
  static const std::regex kPoint(R"(\[\n *([0-9]+),\n *([-+.e0-9]+)\n *\])");
  return std::regex_replace(text, kPoint, "[$1, $2]");
}

Json errors_json(const FitErrors& errors) {
  return {
      {"sizes", errors.sizes}, {"median", number(errors.median)}, {"worst", number(errors.worst)}};
}

Json curve_json(const FittedCurve& curve) {
  Json object = {{"collective", name_of(curve.group.collective)},
                 {"ranks", curve.group.ranks},
                 {"nodes", curve.group.nodes}};
  add_text(object, "variant", curve.variant);
  object["curve"] = points_json(curve.curve.knots());
  object["measured"] = points_json(curve.measured);
  object["switches"] = Json::array();
  for (const Switch& found : curve.switches) {
    object["switches"].push_back({{"after_bytes", found.after.value()},
                                  {"before_bytes", found.before.value()},
                                  {"kind", name_of(found.kind)}});
  }
  object["errors"] = {{"fitted", errors_json(curve.fitted)},
                      {"left_out", errors_json(curve.left_out)},
                      {"left_out_beside_no_switch", errors_json(curve.left_out_beside_no_switch)},
                      {"links", errors_json(curve.links)}};
  return object;
}

Json level_json(const LinkLevel& level) {
  return {{"bandwidth_GBps", number(level.bandwidth.value() / sim::kGiga)},
          {"message_latency_us", microseconds(level.message_latency)},
          {"ring_step_latency_us", microseconds(level.ring_step_latency)}};
}

}  // namespace

std::string encode_fabric_profile(const FabricProfile& profile) {
  Json object = {{"format_version", "1.0"}, {"name", profile.name}, {"sources", Json::array()}};
  for (const ProfileSource& source : profile.sources) {
    Json entry = {{"file", source.file}, {"sha256", source.sha256}};
    add_text(entry, "source", source.source);
    add_text(entry, "date", source.date);
    object["sources"].push_back(std::move(entry));
  }
  object["links"] = {{"ring_base_latency_us", microseconds(profile.links.ring_base_latency)},
                     {"inside", level_json(profile.links.inside)},
                     {"between", level_json(profile.links.between)}};
  object["curves"] = Json::array();
  for (const FittedCurve& curve : profile.curves) object["curves"].push_back(curve_json(curve));
  return with_points_on_one_line(object.dump(1, ' ', false, Json::error_handler_t::replace)) + "\n";
}

}  // namespace seqspan::profiles
