#include "cli/commands/profile_run.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <thread>

#include "cli/commands/job_exchanges.hpp"
#include "cli/commands/measurement_log.hpp"
#include "cli/commands/points_to_measure.hpp"
#include "cli/render/measurements_report.hpp"
#include "cli/write_file.hpp"
#include "profiles/fabric_profile/encode.hpp"
#include "profiles/fit/fit_fabric.hpp"
#include "profiles/import/read_log.hpp"
#include "real/launch/deadline.hpp"
#include "real/launch/local_ranks.hpp"
#include "real/launch/mpi_session.hpp"
#include "real/launch/stop_request.hpp"
#include "real/measure/sweep.hpp"
#include "real/transport/mpi_transport.hpp"
#include "real/transport/watchdog.hpp"
#include "sim/units/format_units.hpp"

namespace seqspan::cli {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int kSignalled = 128;
constexpr std::chrono::seconds kTimeToSpeak(2);

// The command line of a rank.
std::vector<std::string> rank_arguments(const ProfileArguments& arguments) {
  const RunOptions& run = arguments.run;
  std::vector<std::string> words = {"profile", "run", "-o", arguments.output_file};
  if (run.job) {
    words.insert(words.end(), {"--job", run.job->file});
    if (!run.layout.empty()) words.insert(words.end(), {"--layout", run.layout});
    for (const std::string& setting : run.job->settings) {
      words.insert(words.end(), {"--set", setting});
    }
  } else {
    std::string sizes;
    for (const sim::Bytes size : run.sizes) {
      sizes += (sizes.empty() ? "" : ",") + fmt::format("{}B", size.value());
    }
    words.insert(words.end(), {"--sizes", sizes});
  }
  if (!run.profile_file.empty()) words.insert(words.end(), {"--profile", run.profile_file});
  if (run.time_limit) {
    words.insert(words.end(), {"--time-limit", fmt::format("{:g}s", run.time_limit->value())});
  }
  if (run.exchange_limit) {
    words.insert(words.end(),
                 {"--exchange-limit", fmt::format("{:g}s", run.exchange_limit->value())});
  }
  if (arguments.log.collective) {
    words.insert(words.end(), {"--collective", name_of(*arguments.log.collective)});
  }
  return words;
}

sim::Seconds limit_of(const ProfileArguments& arguments) {
  return arguments.run.exchange_limit.value_or(real::MeasureOptions{}.limit);
}

// Limits for what blocks inside MPI until all ranks have come.
class Together {
 public:
  Together(const ProfileArguments& arguments, Output& output)
      : limit_(limit_of(arguments)), output_(output) {}

  [[nodiscard]] real::Deadline until(const char* what) const {
    return {limit_, [this, what] {
              output_.error({sim::ErrorCategory::kEnvironment,
                             fmt::format("{} within {:g} s", what, limit_.value()), host_name(),
                             "MPI waits there until all ranks have come",
                             "look for ranks that are stopped, dead, or off the network"});
              (void)output_.finish();
              std::_Exit(static_cast<int>(ExitCode::kEnvironment));
            }};
  }

 private:
  sim::Seconds limit_;
  Output& output_;
};

class Run {
 public:
  Run(const ProfileArguments& arguments, real::Transport& transport, const Together& together,
      Output& output)
      : arguments_(arguments), transport_(transport), together_(together), output_(output) {
    options_.limit = limit_of(arguments);
  }

  [[nodiscard]] sim::Result<void> measure(MeasurementLog& log) {
    sim::Result<real::ExchangeTimer> timer = make_timer();
    if (!timer) return tl::unexpected(timer.error());
    auto points = points_to_measure(arguments_, *timer, options_.limit, is_first(), output_);
    if (!points) return tl::unexpected(points.error());
    for (const real::SweepPoint& point : *points) {
      const real::Deadline deadline = together_.until(kGrouping);
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
    const real::Deadline deadline = together_.until(kGrouping);
    return real::ExchangeTimer::make(transport_);
  }

  [[nodiscard]] bool is_first() const { return transport_.rank() == 0; }

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
  real::Transport& transport_;
  const Together& together_;
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
  auto written = write_file(file, encode_fabric_profile(profiles::fit_fabric(name, {*log})));
  if (written) output.message(fmt::format("wrote {}\n", file));
  return written;
}

sim::Result<ExitCode> as_rank(const ProfileArguments& arguments, const DisplayOptions& display,
                              Output& output) {
  const Together together(arguments, output);
  std::unique_ptr<real::MpiSession> session;
  std::unique_ptr<real::Transport> transport;
  {
    const real::Deadline deadline = together.until("MPI has not started");
    auto started = real::MpiSession::start();
    if (!started) return tl::unexpected(started.error());
    session = *std::move(started);
    auto made = real::make_mpi_transport();
    if (!made) return tl::unexpected(made.error());
    transport = *std::move(made);
  }
  real::note_stop_requests();
  const bool is_first = transport->rank() == 0;
  const auto give_up = [&](const sim::Error& error) {
    real::end_on_stop_request();
    // What is wrong with the input is wrong on every rank: the first says it, and ends the others.
    if (error.category == sim::ErrorCategory::kInput && !is_first) {
      std::this_thread::sleep_for(kTimeToSpeak);
    }
    if (!real::MpiSession::is_aborted_by_other()) output.error(error);
    (void)output.finish();
    real::MpiSession::abort_all(static_cast<int>(exit_code_of(error.category)));
  };
  sim::Result<MeasurementLog> log =
      MeasurementLog::open(is_first ? arguments.output_file : "", transport->world_size());
  if (!log) give_up(log.error());
  const auto measured = Run(arguments, *transport, together, output).measure(*log);
  if (!measured) give_up(measured.error());
  {
    const real::Deadline deadline = together.until("MPI has not ended");
    if (const auto closed = transport->close(); !closed) give_up(closed.error());
    transport.reset();
    session.reset();
  }
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
  if (arguments.run.job) {
    // Said once, and before anything is started.
    if (const auto exchanges = job_exchanges(arguments); !exchanges) {
      return tl::unexpected(exchanges.error());
    }
  }
  std::vector<std::string> words = rank_arguments(arguments);
  if (display.json) words.emplace_back("--json");
  if (display.ascii) words.emplace_back("--ascii");
  // mpirun gives its ranks a terminal of its own, whatever ours is.
  words.insert(words.end(), {"--color", output.style().colour ? "always" : "never"});
  const auto status = real::run_local_ranks(arguments.log.ranks.value_or(2), words);
  if (!status) return tl::unexpected(status.error());
  if (*status > kSignalled) {
    output.error({sim::ErrorCategory::kEnvironment,
                  fmt::format("signal {} ended a rank or mpirun", *status - kSignalled), "",
                  "the log has what was measured before", "run the same again to go on"});
  }
  switch (*status) {
    case static_cast<int>(ExitCode::kDone):
    case static_cast<int>(ExitCode::kInput):
      return static_cast<ExitCode>(*status);
    default:
      return ExitCode::kEnvironment;
  }
}

}  // namespace seqspan::cli
