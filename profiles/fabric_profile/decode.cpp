#include "profiles/fabric_profile/decode.hpp"

#include <fmt/format.h>

#include <functional>

#include "sim/spec/input_file.hpp"
#include "sim/spec/json/field_table.hpp"
#include "sim/spec/json/parse.hpp"

namespace seqspan::profiles {
namespace {

namespace json = sim::json;
using json::FieldFacts;
using json::FieldTable;
using json::Kind;
using json::Value;
using sim::Result;
using Path = std::string;

constexpr std::int64_t kLargestSize = std::int64_t{1} << 52;
constexpr std::int64_t kMostRanks = 1 << 24;
constexpr double kMostMicroseconds = 1e12;
constexpr double kMostGigabytes = 1e6;

tl::unexpected<sim::Error> wrong_value(const Value& value, const Path& path, std::string why) {
  return sim::input_error("this cannot be " + json::show(value), json::where(value.place, path),
                          std::move(why));
}

// Every item of the array `value` by `decode_item`.
template <class T>
Result<void> decode_array(std::vector<T>& target, const Value& value, const Path& path,
                          const std::function<Result<T>(const Value&, const Path&)>& decode_item) {
  if (value.kind != Kind::kArray) return wrong_value(value, path, "it must be an array");
  target.clear();
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    Result<T> item = decode_item(value.items[i], fmt::format("{}[{}]", path, i));
    if (!item) return tl::unexpected(item.error());
    target.push_back(std::move(*item));
  }
  return {};
}

template <class T, const FieldTable<T>& (*table)()>
Result<T> decode_with(const Value& value, const Path& path) {
  T object;
  if (Result<void> ok = table().decode(object, value, path); !ok) {
    return tl::unexpected(ok.error());
  }
  return object;
}

// [bytes, microseconds]
template <class Point>
Result<Point> decode_point(const Value& value, const Path& path) {
  constexpr const char* kWhy = "a point is [size in bytes, time in us], both above 0";
  if (value.kind != Kind::kArray || value.items.size() != 2) return wrong_value(value, path, kWhy);
  const Value& size = value.items[0];
  const Value& time = value.items[1];
  if (size.kind != Kind::kInteger || size.integer < 1 || size.integer > kLargestSize) {
    return wrong_value(size, path, kWhy);
  }
  const bool whole = time.kind == Kind::kInteger;
  const double us = whole ? static_cast<double>(time.integer) : time.real;
  if ((!whole && time.kind != Kind::kReal) || !(us > 0) || us > kMostMicroseconds) {
    return wrong_value(time, path, kWhy);
  }
  return Point{sim::Bytes(size.integer), sim::Seconds(us / 1e6)};
}

const FieldTable<FitErrors>& errors_table() {
  static const FieldTable<FitErrors> kTable = [] {
    FieldTable<FitErrors> t(json::ObjectFacts{
        "errors", "Relative errors |predicted / measured - 1| over sizes.", {}, {}, false});
    t.add(json::integer("sizes", 0, kLargestSize, "sizes that were compared"), &FitErrors::sizes);
    t.add(json::real("median", 0, 1e9, "the middle error"), &FitErrors::median);
    t.add(json::real("worst", 0, 1e9, "the largest error"), &FitErrors::worst);
    return t;
  }();
  return kTable;
}
const json::ObjectFacts& errors_facts() { return errors_table().facts(); }

const FieldTable<FittedCurve>& curve_errors_table() {
  static const FieldTable<FittedCurve> kTable = [] {
    FieldTable<FittedCurve> t(json::ObjectFacts{
        "errors of a curve", "How well the measurements are met.", {}, {}, false});
    const auto add = [&t](const char* name, FitErrors FittedCurve::*target, const char* what) {
      t.add(json::object(name, errors_facts, what),
            [target](FittedCurve& curve, const Value& value, const Path& path) {
              return errors_table().decode(curve.*target, value, path);
            });
    };
    add("fitted", &FittedCurve::fitted, "the curve against its own measurements");
    add("left_out", &FittedCurve::left_out, "every second size, predicted from the others");
    add("left_out_beside_no_switch", &FittedCurve::left_out_beside_no_switch,
        "of those, the sizes that no switch is beside");
    add("links", &FittedCurve::links, "the parameters of the links, without the curve");
    return t;
  }();
  return kTable;
}
const json::ObjectFacts& curve_errors_facts() { return curve_errors_table().facts(); }

const FieldTable<Switch>& switch_table() {
  static const FieldTable<Switch> kTable = [] {
    FieldTable<Switch> t(json::ObjectFacts{
        "a switch", "Where a library changed its protocol or algorithm.", {}, {}, false});
    t.add(json::integer("after_bytes", 1, kLargestSize, "the last size before it"), &Switch::after);
    t.add(json::integer("before_bytes", 1, kLargestSize, "the first size after it"),
          &Switch::before);
    t.add(json::choice("kind", json::choices_up_to(kLastSwitchKind), "what the time does there"),
          &Switch::kind);
    return t;
  }();
  return kTable;
}

Result<void> decode_knots(FittedCurve& curve, const Value& value, const Path& path) {
  std::vector<sim::CurveKnot> knots;
  if (Result<void> ok =
          decode_array<sim::CurveKnot>(knots, value, path, decode_point<sim::CurveKnot>);
      !ok) {
    return ok;
  }
  Result<sim::MeasuredCurve> made = sim::MeasuredCurve::make(std::move(knots));
  if (!made) {
    sim::Error error = made.error();
    error.where = json::where(value.place, path);
    return tl::unexpected(std::move(error));
  }
  curve.curve = std::move(*made);
  return {};
}

FieldTable<FittedCurve> make_curve_table() {
  FieldTable<FittedCurve> t(json::ObjectFacts{
      "a curve", "Time against size of one collective on one group of ranks.", {}, {}, false});
  t.add(json::choice("collective", collective_names(), "by nccl-tests' names"),
        [](FittedCurve& curve, const Value& value, const Path&) -> Result<void> {
          curve.group.collective = *collective_named(value.text);
          return {};
        });
  t.add(json::integer("ranks", 2, kMostRanks, "ranks of the group"),
        [](FittedCurve& curve, const Value& value, const Path&) -> Result<void> {
          curve.group.ranks = value.integer;
          return {};
        });
  t.add(json::integer("nodes", 1, kMostRanks, "nodes that they are spread over evenly"),
        [](FittedCurve& curve, const Value& value, const Path&) -> Result<void> {
          curve.group.nodes = value.integer;
          return {};
        });
  t.add(json::text("variant", "settings that set it apart from other runs").with_default("none"),
        &FittedCurve::variant);
  t.add(json::any("curve",
                  "points [size in bytes, time in us] in order, times not falling; two of one size "
                  "are a jump"),
        decode_knots);
  t.add(json::any("measured", "points [size in bytes, time in us] that it was fitted to"),
        [](FittedCurve& curve, const Value& value, const Path& path) {
          return decode_array<MeasuredPoint>(curve.measured, value, path,
                                             decode_point<MeasuredPoint>);
        });
  t.add(json::any("switches", "an array of switches: after_bytes, before_bytes, kind"),
        [](FittedCurve& curve, const Value& value, const Path& path) {
          return decode_array<Switch>(curve.switches, value, path,
                                      decode_with<Switch, switch_table>);
        });
  t.add(json::object("errors", curve_errors_facts, "how well it fits"),
        [](FittedCurve& curve, const Value& value, const Path& path) {
          return curve_errors_table().decode(curve, value, path);
        });
  return t;
}

const FieldTable<FittedCurve>& curve_table() {
  static const FieldTable<FittedCurve> kTable = make_curve_table();
  return kTable;
}

const FieldTable<ProfileSource>& source_table() {
  static const FieldTable<ProfileSource> kTable = [] {
    FieldTable<ProfileSource> t(
        json::ObjectFacts{"a source", "A log that was read.", {}, {}, false});
    t.add(json::text("file", "its name"), &ProfileSource::file);
    t.add(json::text("sha256", "its digest"), &ProfileSource::sha256);
    t.add(json::text("source", "where it comes from").with_default("none"), &ProfileSource::source);
    t.add(json::text("date", "when it was measured").with_default("not known"),
          &ProfileSource::date);
    return t;
  }();
  return kTable;
}

// Numbers in units that people read, kept in base units.
template <class T, class Dimension>
void add_scaled(FieldTable<T>& table, const char* name, double most, double scale,
                sim::Quantity<Dimension, double> T::*target, const char* what) {
  table.add(json::real(name, 0, most, what),
            [target, scale](T& object, const Value& value, const Path&) -> Result<void> {
              const double number =
                  value.kind == Kind::kInteger ? static_cast<double>(value.integer) : value.real;
              object.*target = sim::Quantity<Dimension, double>(number * scale);
              return {};
            });
}

const FieldTable<LinkLevel>& level_table() {
  static const FieldTable<LinkLevel> kTable = [] {
    FieldTable<LinkLevel> t(
        json::ObjectFacts{"a level of links",
                          "Links inside nodes, or between them. 0: not determined.",
                          {},
                          {},
                          false});
    add_scaled(t, "bandwidth_GBps", kMostGigabytes, sim::kGiga, &LinkLevel::bandwidth,
               "of one GPU, one direction, in 10^9 bytes per second");
    add_scaled(t, "message_latency_us", kMostMicroseconds, 1e-6, &LinkLevel::message_latency,
               "of a send and receive");
    add_scaled(t, "ring_step_latency_us", kMostMicroseconds, 1e-6, &LinkLevel::ring_step_latency,
               "of a step of a ring");
    return t;
  }();
  return kTable;
}
const json::ObjectFacts& level_facts() { return level_table().facts(); }

const FieldTable<LinkParameters>& links_table() {
  static const FieldTable<LinkParameters> kTable = [] {
    FieldTable<LinkParameters> t(json::ObjectFacts{
        "link parameters", "What explains all curves together. 0: not determined.", {}, {}, false});
    add_scaled(t, "ring_base_latency_us", kMostMicroseconds, 1e-6,
               &LinkParameters::ring_base_latency, "of starting a ring collective");
    const auto add = [&t](const char* name, LinkLevel LinkParameters::*target, const char* what) {
      t.add(json::object(name, level_facts, what),
            [target](LinkParameters& links, const Value& value, const Path& path) {
              return level_table().decode(links.*target, value, path);
            });
    };
    add("inside", &LinkParameters::inside, "inside a node");
    add("between", &LinkParameters::between, "between nodes");
    return t;
  }();
  return kTable;
}
const json::ObjectFacts& links_facts() { return links_table().facts(); }

const FieldTable<FabricProfile>& profile_table() {
  static const FieldTable<FabricProfile> kTable = [] {
    FieldTable<FabricProfile> t(
        json::ObjectFacts{"a fabric profile",
                          "What was measured on the network of one cluster (seqspan profile fit).",
                          {},
                          {},
                          false});
    t.add(json::text("$schema", "the schema of this file, for editors").with_default("none"));
    t.add(json::choice("format_version", {"1.0"}, "of this format"));
    t.add(json::text("name", "what the profile is called"), &FabricProfile::name);
    t.add(json::any("sources", "an array of logs: file, sha256, source, date"),
          [](FabricProfile& profile, const Value& value, const Path& path) {
            return decode_array<ProfileSource>(profile.sources, value, path,
                                               decode_with<ProfileSource, source_table>);
          });
    t.add(json::object("links", links_facts, "parameters of the links"),
          [](FabricProfile& profile, const Value& value, const Path& path) {
            return links_table().decode(profile.links, value, path);
          });
    t.add(json::any("curves",
                    "an array of curves: collective, ranks, nodes, variant, curve, measured, "
                    "switches, errors"),
          [](FabricProfile& profile, const Value& value, const Path& path) {
            return decode_array<FittedCurve>(profile.curves, value, path,
                                             decode_with<FittedCurve, curve_table>);
          });
    return t;
  }();
  return kTable;
}

Result<void> check_groups(const FabricProfile& profile, const Value& value, const Path& path) {
  const Value* curves = value.find("curves");
  for (std::size_t i = 0; i < profile.curves.size(); ++i) {
    const FittedCurve& curve = profile.curves[i];
    const auto refuse = [&](const std::string& why) {
      return sim::input_error(
          show(curve.group),
          json::where(curves->items[i].place, fmt::format("{}[{}]", json::join(path, "curves"), i)),
          why);
    };
    if (curve.group.ranks % curve.group.nodes != 0) return refuse("ranks are spread evenly");
    if (curve.curve.knots().empty() || curve.measured.empty()) {
      return refuse("a curve has at least one point");
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (profile.curves[j].group == curve.group && profile.curves[j].variant == curve.variant) {
        return refuse("a group and variant has one curve");
      }
    }
  }
  return {};
}

}  // namespace

Result<FabricProfile> decode_fabric_profile(const Value& value, const std::string& path) {
  FabricProfile profile;
  if (Result<void> ok = profile_table().decode(profile, value, path); !ok) {
    return tl::unexpected(ok.error());
  }
  if (Result<void> ok = check_groups(profile, value, path); !ok) return tl::unexpected(ok.error());
  return profile;
}

Result<FabricProfile> read_fabric_profile(const std::filesystem::path& path,
                                          const std::string& shown) {
  const Result<sim::FileText> text = sim::read_input_file(path, shown);
  if (!text) return tl::unexpected(text.error());
  const Result<Value> value = json::parse(text->text, shown);
  if (!value) return tl::unexpected(value.error());
  return decode_fabric_profile(*value, {});
}

const json::ObjectFacts& fabric_profile_facts() { return profile_table().facts(); }

}  // namespace seqspan::profiles
