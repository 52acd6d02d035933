#include "profiles/import/read_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "profiles/import/nccl_tests_json.hpp"
#include "profiles/import/nccl_tests_text.hpp"
#include "profiles/import/osu.hpp"
#include "profiles/import/plain.hpp"
#include "sim/spec/json/parse.hpp"

namespace seqspan::profiles {
namespace {

constexpr double kTolerance = 0.03;
constexpr double kDigit = 0.0051 * sim::kGiga;  // half of the last digit that nccl-tests prints

sim::Result<RawLog> read_raw(std::string_view text, const std::string& file) {
  const std::size_t start = text.find_first_not_of(" \t\r\n");
  if (start != std::string_view::npos && text[start] == '{') {
    const sim::Result<sim::json::Value> document = sim::json::parse(text, file);
    if (!document) return tl::unexpected(document.error());
    return read_nccl_tests_json(*document, file);
  }
  const std::vector<Line> lines = lines_of(text);
  if (is_osu(lines)) return read_osu(lines, file);
  if (is_plain(lines)) return read_plain(lines, file);
  return read_nccl_tests_text(lines, file);
}

// What the log says, else the option; they must not contradict each other.
template <class T>
sim::Result<T> decide(const std::optional<T>& said, const std::optional<T>& given,
                      const char* option, const char* what, const std::string& where,
                      std::string (*show)(T)) {
  if (said && given && *said != *given) {
    return sim::input_error(
        fmt::format("{} says {}, and the log says {}", option, show(*given), show(*said)), where,
        {}, fmt::format("leave {} out", option));
  }
  if (said) return *said;
  if (given) return *given;
  return sim::input_error(fmt::format("the log does not say {}", what), where, {},
                          fmt::format("say it with {}", option));
}

sim::Result<MeasuredGroup> group_of(const RawSet& set, const std::string& file,
                                    const LogOptions& options) {
  const std::string where = place(file, set.line, 1);
  const sim::Result<CollectiveKind> kind = decide<CollectiveKind>(
      set.facts.collective, options.collective, "--collective", "which collective it measured",
      where, [](CollectiveKind one) { return std::string(name_of(one)); });
  if (!kind) return tl::unexpected(kind.error());
  const auto number = [](std::int64_t count) { return std::to_string(count); };
  const sim::Result<std::int64_t> ranks = decide<std::int64_t>(
      set.facts.ranks, options.ranks, "--ranks", "on how many ranks it ran", where, number);
  if (!ranks) return tl::unexpected(ranks.error());
  const sim::Result<std::int64_t> nodes = decide<std::int64_t>(
      set.facts.nodes, options.nodes, "--nodes", "on how many nodes it ran", where, number);
  if (!nodes) return tl::unexpected(nodes.error());
  if (*ranks >= 2 && *ranks % *nodes == 0) return MeasuredGroup{*kind, *ranks, *nodes};
  return sim::input_error(
      fmt::format("ranks: {}, nodes: {}", *ranks, *nodes), where,
      *ranks < 2 ? "a collective has at least 2 ranks" : "ranks are spread evenly over nodes");
}

// The time of a row, from its time or from its bandwidth.
sim::Result<MeasuredPoint> point_of(const RawPoint& raw, const MeasuredGroup& group,
                                    const std::string& file) {
  MeasuredPoint point = raw.point;
  const auto size = static_cast<double>(point.size.value());
  const double factor = busbw_factor(group.collective, group.ranks);
  const std::string where = place(file, raw.line, raw.column);
  if (point.time.value() == 0) {
    point.time = sim::Seconds(raw.algbw > 0 ? size / raw.algbw : size * factor / raw.busbw);
  }
  const double algbw = size / point.time.value();
  if (raw.algbw > 0 && std::abs(raw.algbw - algbw) > kDigit + kTolerance * algbw) {
    return sim::input_error(
        fmt::format("{} bytes in {:.6g} us are {:.4g} GB/s, and the row says {:.4g}",
                    point.size.value(), point.time.value() * 1e6, algbw / sim::kGiga,
                    raw.algbw / sim::kGiga),
        where, "algbw is size / time in GB/s (10^9 bytes per second)",
        "are units mixed up in this log?");
  }
  if (raw.busbw >= sim::kGiga && std::abs(raw.busbw - algbw * factor) > kTolerance * algbw) {
    return sim::input_error(
        fmt::format("busbw is {:.4g} x algbw, and {} ranks make {:.4g} x of {}", raw.busbw / algbw,
                    group.ranks, factor, name_of(group.collective)),
        where, "the collective or the number of ranks is another than this log's",
        "correct --collective or --ranks, or the header of the log");
  }
  return point;
}

// Nothing where the set has no points of that placement.
sim::Result<std::vector<MeasuredPoint>> points_of(const RawSet& set, const MeasuredGroup& group,
                                                  const std::string& file, bool in_place) {
  std::vector<MeasuredPoint> points;
  for (const RawPoint& raw : set.points) {
    if (raw.in_place != in_place) continue;
    RawPoint whole = raw;
    if (set.size_is_part) whole.point.size *= group.ranks;
    const sim::Result<MeasuredPoint> point = point_of(whole, group, file);
    if (!point) return tl::unexpected(point.error());
    points.push_back(*point);
  }
  std::stable_sort(points.begin(), points.end(),
                   [](const MeasuredPoint& a, const MeasuredPoint& b) { return a.size < b.size; });
  return points;
}

std::size_t sizes_in(const std::vector<MeasuredPoint>& points) {
  std::set<std::int64_t> sizes;
  for (const MeasuredPoint& point : points) sizes.insert(point.size.value());
  return sizes.size();
}

sim::Result<void> add_set(const RawSet& raw, const std::string& file, const LogOptions& options,
                          ImportedLog& log) {
  const std::string where = place(file, raw.line, 1);
  if (raw.points.empty() && !log.warnings.empty()) {
    return sim::input_error("no measurement is left of the log", log.warnings.back().path,
                            log.warnings.back().message);
  }
  if (raw.points.empty()) {
    return sim::input_error("no measurement in the log", where,
                            "rows of nccl-tests, of the OSU benchmarks or of the plain format are "
                            "read (docs/formats/log.md)");
  }
  const sim::Result<MeasuredGroup> group = group_of(raw, file, options);
  if (!group) return tl::unexpected(group.error());
  const std::size_t sets_before = log.sets.size();
  for (const bool in_place : {false, true}) {
    sim::Result<std::vector<MeasuredPoint>> points = points_of(raw, *group, file, in_place);
    if (!points) return tl::unexpected(points.error());
    if (points->empty()) continue;
    const std::size_t sizes = sizes_in(*points);
    MeasurementSet set{
        *group,         in_place, raw.facts.variant, std::move(*points), raw.facts.source,
        raw.facts.date, file};
    const bool said = in_place && log.sets.size() > sets_before;
    if (sizes < kLeastSizes) {
      if (!said) {
        log.warnings.push_back(
            {kOneSize, fmt::format("one size of {}: no curve can be made of it alone", show(set)),
             where});
      }
    } else if (sizes < kFewPoints && !said) {
      log.warnings.push_back({"few_points",
                              fmt::format("few points: {} sizes of {}; what lies between them is a "
                                          "guess",
                                          sizes, show(set)),
                              where});
    }
    log.sets.push_back(std::move(set));
  }
  return {};
}

}  // namespace

sim::Result<ImportedLog> read_log(std::string_view text, const std::string& file,
                                  const LogOptions& options) {
  sim::Result<RawLog> raw = read_raw(text, file);
  if (!raw) return tl::unexpected(raw.error());
  if (raw->sets.empty()) raw->sets.emplace_back();
  ImportedLog log;
  log.warnings = std::move(raw->warnings);
  log.file.path = file;
  for (const RawSet& set : raw->sets) {
    const sim::Result<void> ok = add_set(set, file, options, log);
    if (!ok) return tl::unexpected(ok.error());
  }
  return log;
}

sim::Result<ImportedLog> read_log_file(const std::filesystem::path& path, const std::string& shown,
                                       const LogOptions& options) {
  const sim::Result<sim::FileText> text = sim::read_input_file(path, shown);
  if (!text) return tl::unexpected(text.error());
  sim::Result<ImportedLog> log = read_log(text->text, shown, options);
  if (log) log->file = text->file;
  return log;
}

}  // namespace seqspan::profiles
