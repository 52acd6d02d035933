#include "cli/commands/measurement_log.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <utility>

#include "cli/write_file.hpp"
#include "profiles/import/plain.hpp"
#include "profiles/import/read_log.hpp"
#include "real/launch/host_name.hpp"

namespace seqspan::cli {

using profiles::CollectiveKind;
using profiles::MeasurementSet;

CollectiveKind kind_of(sim::Collective collective) {
  switch (collective) {
    case sim::Collective::kAllToAll:
      return CollectiveKind::kAllToAll;
    case sim::Collective::kAllGather:
      return CollectiveKind::kAllGather;
    case sim::Collective::kReduceScatter:
      return CollectiveKind::kReduceScatter;
    case sim::Collective::kAllReduce:
      return CollectiveKind::kAllReduce;
    case sim::Collective::kRingShift:
      return CollectiveKind::kSendReceive;
    case sim::Collective::kPointToPoint:
      return CollectiveKind::kPointToPoint;
  }
  return CollectiveKind::kAllReduce;
}

sim::Result<MeasurementLog> MeasurementLog::open(const std::string& file,
                                                 const real::Transport& transport) {
  MeasurementLog log(file);
  log.source_ =
      fmt::format("seqspan profile run, {} ranks, {}, {}", transport.world_size(),
                  transport.is_host_memory() ? "MPI over host memory" : "NCCL", real::host_name());
  log.date_ = fmt::format("{:%F}", fmt::gmtime(std::time(nullptr)));
  if (!std::filesystem::exists(file)) return log;
  sim::Result<profiles::ImportedLog> before = profiles::read_log_file(file, file);
  if (!before) return tl::unexpected(before.error());
  log.sets_ = std::move(before->sets);
  return log;
}

profiles::MeasuredGroup MeasurementLog::group_of(const real::SweepPoint& point) {
  return {kind_of(point.point.collective), point.point.shape.size, point.nodes};
}

bool MeasurementLog::has(const real::SweepPoint& point) const {
  return std::any_of(sets_.begin(), sets_.end(), [&](const MeasurementSet& set) {
    return is_of(set, point) &&
           std::any_of(set.points.begin(), set.points.end(),
                       [&](const auto& measured) { return measured.size == point.point.size; });
  });
}

sim::Result<void> MeasurementLog::add(const real::SweepPoint& point, sim::Seconds time) {
  auto set = std::find_if(sets_.begin(), sets_.end(),
                          [&](const MeasurementSet& known) { return is_of(known, point); });
  if (set == sets_.end()) {
    set = sets_.insert(sets_.end(),
                       {group_of(point), false, point.variant, {}, source_, date_, file_});
  }
  set->points.push_back({point.point.size, time});
  std::sort(set->points.begin(), set->points.end(),
            [](const auto& a, const auto& b) { return a.size < b.size; });
  return write_file(file_, profiles::plain_text(sets_));
}

bool MeasurementLog::is_of(const MeasurementSet& set, const real::SweepPoint& point) {
  return set.group == group_of(point) && set.variant == point.variant;
}

}  // namespace seqspan::cli
