#include "cli/commands/profile_run.hpp"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>

#include "cli/commands/gemm_rates.hpp"
#include "cli/commands/job_exchanges.hpp"
#include "cli/commands/measurement_log.hpp"
#include "cli/commands/points_to_measure.hpp"
#include "cli/ranks.hpp"
#include "cli/render/measurements_report.hpp"
#include "cli/write_file.hpp"
#include "profiles/fabric_profile/encode.hpp"
#include "profiles/fit/fit_fabric.hpp"
#include "profiles/import/read_log.hpp"
#include "real/launch/local_ranks.hpp"
#include "real/measure/sweep.hpp"
#include "real/transport/nccl_transport.hpp"
#include "sim/units/format_units.hpp"

namespace seqspan::cli {
namespace {

using Clock = std::chrono::steady_clock;

sim::Seconds limit_of(const ProfileArguments& arguments) {
  return arguments.run.exchange_limit.value_or(real::MeasureOptions{}.limit);
}

class Run {
 public:
  Run(const ProfileArguments& arguments, const RankSession& ranks, Output& output)
      : arguments_(arguments), ranks_(ranks), output_(output) {
    options_.limit = limit_of(arguments);
  }

  [[nodiscard]] sim::Result<void> measure(MeasurementLog& log) {
    sim::Result<real::ExchangeTimer> timer = make_timer();
    if (!timer) return tl::unexpected(timer.error());
    auto points = points_to_measure(arguments_, *timer, options_.limit, is_first(), output_);
    if (!points) return tl::unexpected(points.error());
    for (const real::SweepPoint& point : *points) {
      const real::Deadline deadline = ranks_.until(kGrouping);
      if (const auto ready = timer->prepare(point.point.shape); !ready) {
        return tl::unexpected(ready.error());
      }
    }
    for (real::SweepPoint& point : *points) {
      const auto go_on = measure_point(*timer, point, log);
      if (!go_on) return tl::unexpected(go_on.error());
      if (!*go_on) break;
    }
    return {};
  }

 private:
  static constexpr const char* kGrouping = "the groups of ranks have not been made";

  sim::Result<real::ExchangeTimer> make_timer() {
    const real::Deadline deadline = ranks_.until(kGrouping);
    return real::ExchangeTimer::make(ranks_.transport());
  }

  [[nodiscard]] bool is_first() const { return ranks_.is_first(); }

  // Whether there is time for another one. Rank 0 decides for all.
  sim::Result<bool> measure_point(real::ExchangeTimer& timer, real::SweepPoint& point,
                                  MeasurementLog& log) {
    point.point.size = real::measured_size(point.point);
    const double passed = std::chrono::duration<double>(Clock::now() - start_).count();
    const bool over = arguments_.run.time_limit && passed > arguments_.run.time_limit->value();
    const auto stop = timer.any(is_first() && over, options_.limit);
    if (!stop) return tl::unexpected(stop.error());
    if (*stop) {
      if (is_first()) output_.message("the time is over; run the same again to go on\n");
      return false;
    }
    const auto known = timer.any(is_first() && log.has(point), options_.limit);
    if (!known) return tl::unexpected(known.error());
    if (*known) return true;
    const auto time = timer.time(point.point, options_);
    if (!time) return tl::unexpected(time.error());
    if (!is_first()) return true;
    const profiles::MeasuredGroup group = MeasurementLog::group_of(point);
    output_.message(fmt::format("{}{}{}, {}: {} ({} to {})\n", show(group),
                                point.variant.empty() ? "" : ", ", point.variant,
                                sim::format_bytes(point.point.size), sim::format_time(time->median),
                                sim::format_time(time->fastest), sim::format_time(time->slowest)));
    if (const auto written = log.add(point, time->median); !written) {
      return tl::unexpected(written.error());
    }
    return true;
  }

  const ProfileArguments& arguments_;
  const RankSession& ranks_;
  Output& output_;
  real::MeasureOptions options_;
  Clock::time_point start_ = Clock::now();
};

// What `profile fit` makes of the log.
sim::Result<void> write_profile(const ProfileArguments& arguments, Output& output) {
  const std::string& file = arguments.run.profile_file;
  if (file.empty()) return {};
  const sim::Result<profiles::ImportedLog> log =
      profiles::read_log_file(arguments.output_file, arguments.output_file);
  if (!log) return tl::unexpected(log.error());
  const std::string name = std::filesystem::path(file).stem().string();
  const auto profile = profiles::fit_fabric(name, {*log});
  if (!profile) return tl::unexpected(profile.error());
  for (const sim::Warning& warning : log->warnings) {
    if (warning.code == profiles::kOneSize) output.warning(warning.path + ": " + warning.message);
  }
  auto written = write_file(file, encode_fabric_profile(*profile));
  if (written) output.message(fmt::format("wrote {}\n", file));
  return written;
}

sim::Result<ExitCode> as_rank(const ProfileArguments& arguments, const DisplayOptions& display,
                              Output& output) {
  auto ranks = RankSession::start(arguments.run.backend, limit_of(arguments), output);
  if (!ranks) return tl::unexpected(ranks.error());
  const bool is_first = ranks->is_first();
  sim::Result<MeasurementLog> log =
      MeasurementLog::open(is_first ? arguments.output_file : "", ranks->transport());
  if (!log) ranks->give_up(log.error());
  const auto measured = Run(arguments, *ranks, output).measure(*log);
  if (!measured) ranks->give_up(measured.error());
  const auto gemms = measure_gemms(arguments, *ranks, limit_of(arguments), output);
  if (!gemms) ranks->give_up(gemms.error());
  ranks->end();
  if (!is_first) return ExitCode::kDone;
  if (const auto written = write_profile(arguments, output); !written) {
    return tl::unexpected(written.error());
  }
  const std::vector<profiles::ImportedLog> logs = {{log->sets(), {}, {arguments.output_file, {}}}};
  output.answer(display.json ? measurements_json(logs) : measurements_report(output.style(), logs));
  return ExitCode::kDone;
}

}  // namespace

sim::Result<ExitCode> profile_run_command(const ProfileArguments& arguments,
                                          const DisplayOptions& display, Output& output) {
  if (real::is_a_rank()) return as_rank(arguments, display, output);
  // Said once, and before anything is started.
  if (is_on_gpus(arguments.run.backend)) {
    if (const auto there = real::check_gpus(); !there) return tl::unexpected(there.error());
  }
  if (arguments.run.job) {
    if (const auto exchanges = job_exchanges(arguments); !exchanges) {
      return tl::unexpected(exchanges.error());
    }
  }
  return run_on_local_ranks(arguments.log.ranks.value_or(2), arguments.run.words, display,
                            limit_of(arguments),
                            "what was measured before is in " + arguments.output_file, output);
}

}  // namespace seqspan::cli
