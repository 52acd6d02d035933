#include "cli/commands/profile.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <span>

#include "cli/commands/profile_run.hpp"
#include "cli/render/comparison_report.hpp"
#include "cli/render/measurements_report.hpp"
#include "cli/render/profile_report.hpp"
#include "cli/render/profile_svg.hpp"
#include "cli/write_file.hpp"
#include "profiles/fabric_profile/decode.hpp"
#include "profiles/fabric_profile/encode.hpp"
#include "profiles/fit/compare.hpp"
#include "profiles/fit/fit_fabric.hpp"
#include "profiles/import/plain.hpp"
#include "profiles/import/read_log.hpp"

namespace seqspan::cli {
namespace {

using profiles::FabricProfile;
using profiles::ImportedLog;

sim::Result<std::vector<ImportedLog>> read_logs(std::span<const std::string> files,
                                                const profiles::LogOptions& options,
                                                Output& output) {
  std::vector<ImportedLog> logs;
  for (const std::string& file : files) {
    sim::Result<ImportedLog> log = profiles::read_log_file(file, file, options);
    if (!log) return tl::unexpected(log.error());
    for (const sim::Warning& warning : log->warnings) {
      output.warning(fmt::format("{}: {}", warning.path, warning.message));
    }
    logs.push_back(std::move(*log));
  }
  return logs;
}

// Prints `text` where the file is "-", else writes it and says so.
sim::Result<void> deliver(const std::string& file, std::string_view text, Output& output) {
  if (file == "-") {
    output.answer(text);
    return {};
  }
  sim::Result<void> written = write_file(file, text);
  if (written) output.message(fmt::format("wrote {}\n", file));
  return written;
}

sim::Result<ExitCode> import_logs(const ProfileArguments& arguments, const DisplayOptions& display,
                                  Output& output) {
  const sim::Result<std::vector<ImportedLog>> logs =
      read_logs(arguments.files, arguments.log, output);
  if (!logs) return tl::unexpected(logs.error());
  if (!arguments.output_file.empty()) {
    std::vector<profiles::MeasurementSet> sets;
    for (const ImportedLog& log : *logs) sets.insert(sets.end(), log.sets.begin(), log.sets.end());
    const sim::Result<void> done =
        deliver(arguments.output_file, profiles::plain_text(sets), output);
    if (!done) return tl::unexpected(done.error());
    if (arguments.output_file == "-") return ExitCode::kDone;
  }
  output.answer(display.json ? measurements_json(*logs)
                             : measurements_report(output.style(), *logs));
  return ExitCode::kDone;
}

sim::Result<ExitCode> fit_logs(const ProfileArguments& arguments, const DisplayOptions& display,
                               Output& output) {
  const sim::Result<std::vector<ImportedLog>> logs =
      read_logs(arguments.files, arguments.log, output);
  if (!logs) return tl::unexpected(logs.error());
  const bool named = !arguments.output_file.empty() && arguments.output_file != "-";
  const std::string name =
      named ? std::filesystem::path(arguments.output_file).stem().string() : "fabric";
  const sim::Result<FabricProfile> profile = profiles::fit_fabric(name, *logs);
  if (!profile) return tl::unexpected(profile.error());
  const std::string json = profiles::encode_fabric_profile(*profile);
  if (!arguments.output_file.empty()) {
    const sim::Result<void> done = deliver(arguments.output_file, json, output);
    if (!done) return tl::unexpected(done.error());
    if (!named) return ExitCode::kDone;
  }
  output.answer(display.json ? json : profile_summary(output.style(), *profile));
  return ExitCode::kDone;
}

sim::Result<ExitCode> show_profile(const ProfileArguments& arguments, const DisplayOptions& display,
                                   Output& output) {
  const std::string& file = arguments.files.front();
  const sim::Result<FabricProfile> profile = profiles::read_fabric_profile(file, file);
  if (!profile) return tl::unexpected(profile.error());
  if (!arguments.svg_file.empty()) {
    const sim::Result<void> done = deliver(arguments.svg_file, profile_svg(*profile), output);
    if (!done) return tl::unexpected(done.error());
    if (arguments.svg_file == "-") return ExitCode::kDone;
  }
  output.answer(display.json ? profiles::encode_fabric_profile(*profile)
                             : profile_report(output.style(), *profile));
  return ExitCode::kDone;
}

sim::Result<ExitCode> compare_logs(const ProfileArguments& arguments, const DisplayOptions& display,
                                   Output& output) {
  const std::span files(arguments.files);
  const sim::Result<FabricProfile> profile =
      profiles::read_fabric_profile(files.front(), files.front());
  if (!profile) return tl::unexpected(profile.error());
  const sim::Result<std::vector<ImportedLog>> logs =
      read_logs(files.subspan(1), arguments.log, output);
  if (!logs) return tl::unexpected(logs.error());
  const auto points = profiles::compare(*profile, *logs);
  if (!points) return tl::unexpected(points.error());
  if (arguments.markdown) {
    output.answer(comparison_markdown(*points));
  } else {
    output.answer(display.json ? comparison_json(*points)
                               : comparison_report(output.style(), *points));
  }
  return ExitCode::kDone;
}

}  // namespace

sim::Result<ExitCode> profile_command(const ProfileArguments& arguments,
                                      const DisplayOptions& display, Output& output) {
  switch (arguments.action) {
    case ProfileAction::kImport:
      return import_logs(arguments, display, output);
    case ProfileAction::kFit:
      return fit_logs(arguments, display, output);
    case ProfileAction::kRun:
      return profile_run_command(arguments, display, output);
    case ProfileAction::kCompare:
      return compare_logs(arguments, display, output);
    case ProfileAction::kShow:
      break;
  }
  return show_profile(arguments, display, output);
}

}  // namespace seqspan::cli
