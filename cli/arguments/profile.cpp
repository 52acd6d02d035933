#include "cli/arguments/requests.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "cli/arguments/values.hpp"
#include "sim/errors/did_you_mean.hpp"
#include "sim/errors/quote.hpp"
#include "sim/units/parse_units.hpp"

namespace seqspan::cli {
namespace {

constexpr const char* kDefaultSizes = "1KiB,4KiB,16KiB,64KiB,256KiB,1MiB,4MiB,16MiB";
constexpr sim::Bytes kLargestSize(16 * sim::kGibi);

sim::Result<profiles::LogOptions> log_options_of(const ParsedLine& line) {
  profiles::LogOptions options;
  if (line.has("--collective")) {
    const std::string name = line.value("--collective");
    options.collective = profiles::collective_named(name);
    if (!options.collective) {
      return sim::input_error("unknown collective " + sim::quote(name), "--collective", {},
                              sim::did_you_mean(name, profiles::collective_names(), "collectives"));
    }
  }
  const auto ranks = count_of(line, "--ranks");
  if (!ranks) return tl::unexpected(ranks.error());
  const auto nodes = count_of(line, "--nodes");
  if (!nodes) return tl::unexpected(nodes.error());
  options.ranks = *ranks;
  options.nodes = *nodes;
  return options;
}

// Options of `seqspan profile` and the actions that take them.
struct ProfileOption {
  const char* name;
  std::initializer_list<ProfileAction> of;
};

// What an action has no use for.
sim::Result<void> check_profile_options(const ParsedLine& line, ProfileAction action) {
  using enum ProfileAction;
  const std::string name = line.value("ACTION");
  for (const ProfileOption& known :
       {ProfileOption{"--output", {kImport, kFit, kRun}},
        ProfileOption{"--collective", {kImport, kFit, kRun, kCompare}},
        ProfileOption{"--ranks", {kImport, kFit, kRun, kCompare}},
        ProfileOption{"--nodes", {kImport, kFit, kCompare}}, ProfileOption{"--svg", {kShow}},
        ProfileOption{"--sizes", {kRun}}, ProfileOption{"--time-limit", {kRun}},
        ProfileOption{"--exchange-limit", {kRun}}, ProfileOption{"--job", {kRun}},
        ProfileOption{"--layout", {kRun}}, ProfileOption{"--set", {kRun}},
        ProfileOption{"--profile", {kRun}}, ProfileOption{"--backend", {kRun}},
        ProfileOption{"--gemms", {kRun}}}) {
    const char* option = known.name;
    if (!line.has(option)) continue;
    if (std::find(known.of.begin(), known.of.end(), action) == known.of.end()) {
      return sim::input_error(fmt::format("seqspan profile {} has no option {}", name, option));
    }
    if (line.value(option).empty()) return sim::input_error("the value is empty", option);
  }
  if (line.has("--markdown") && action != kCompare) {
    return sim::input_error(fmt::format("seqspan profile {} has no option --markdown", name));
  }
  if (line.has("--json") &&
      (line.value("--output") == "-" || line.value("--svg") == "-" || line.has("--markdown"))) {
    return sim::input_error("two answers for standard output", "--json", {},
                            "leave one of them out");
  }
  return {};
}

// The job that says what to measure.
sim::Result<void> add_job(const ParsedLine& line, RunOptions& options) {
  if (!line.has("--job")) {
    for (const char* option : {"--layout", "--set", "--gemms"}) {
      if (line.has(option)) return sim::input_error(fmt::format("{} is for --job", option));
    }
    return {};
  }
  if (line.has("--sizes")) {
    return sim::input_error("--sizes is for a run without --job", "", "the job says which sizes");
  }
  options.job = JobArguments{};
  options.job->file = line.value("--job");
  options.job->settings = line.all("--set");
  options.layout = line.value("--layout");
  return {};
}

sim::Result<RunOptions> run_options_of(const ParsedLine& line) {
  RunOptions options;
  if (const auto job = add_job(line, options); !job) return tl::unexpected(job.error());
  options.profile_file = line.value("--profile");
  const auto backend = backend_of(line);
  if (!backend) return tl::unexpected(backend.error());
  options.backend = *backend;
  options.gemms_file = line.value("--gemms");
  if (line.has("--gemms") && !is_on_gpus(*backend)) {
    return sim::input_error("--gemms is for --backend nccl", "",
                            "GEMMs are measured on GPUs, with cuBLASLt");
  }
  std::string sizes = line.has("--sizes") ? line.value("--sizes") : kDefaultSizes;
  sizes += ',';
  for (std::size_t at = 0, end = 0; (end = sizes.find(',', at)) != std::string::npos;
       at = end + 1) {
    const sim::Result<sim::Bytes> size = sim::parse_bytes(sizes.substr(at, end - at));
    if (!size || *size < sim::Bytes(1) || *size > kLargestSize) {
      return sim::input_error(sim::quote(sizes.substr(at, end - at)) + " is no size", "--sizes",
                              "from 1 B to 16 GiB", "for example --sizes 1KiB,64KiB,4MiB");
    }
    options.sizes.push_back(*size);
  }
  const auto time_limit = time_of(line, "--time-limit", "60s");
  if (!time_limit) return tl::unexpected(time_limit.error());
  const auto exchange_limit = time_of(line, "--exchange-limit", "5s");
  if (!exchange_limit) return tl::unexpected(exchange_limit.error());
  options.time_limit = *time_limit;
  options.exchange_limit = *exchange_limit;
  return options;
}

sim::Result<Request> run_of(const ParsedLine& line, ProfileArguments arguments,
                            const std::string& usage) {
  arguments.output_file = line.value("--output");
  if (arguments.output_file.empty() || arguments.output_file == "-" || !arguments.files.empty()) {
    return sim::input_error("seqspan profile run needs a log to write, and nothing else", {}, {},
                            usage);
  }
  if (line.value("--profile") == "-") {
    return sim::input_error("--profile needs a file", {}, {},
                            "seqspan profile fit LOG -o - prints the profile of a log");
  }
  sim::Result<profiles::LogOptions> log = log_options_of(line);
  if (!log) return tl::unexpected(log.error());
  arguments.log = *log;
  sim::Result<RunOptions> run = run_options_of(line);
  if (!run) return tl::unexpected(run.error());
  run->words = std::move(arguments.run.words);
  arguments.run = std::move(*run);
  return arguments;
}

}  // namespace

sim::Result<Request> profile_of(const ParsedLine& line, const std::vector<std::string>& words) {
  constexpr std::array<std::string_view, 5> kActions = {"import", "fit", "show", "run", "compare"};
  const std::string name = line.value("ACTION");
  const auto* found = std::find(kActions.begin(), kActions.end(), name);
  const std::string usage =
      "run -o LOG, import FILE..., fit FILE... -o PROFILE.json, show PROFILE.json, or compare "
      "PROFILE.json FILE...";
  if (!line.has("ACTION")) {
    return sim::input_error("seqspan profile needs an action", {}, {}, usage);
  }
  if (found == kActions.end()) {
    return sim::input_error("seqspan profile has no action " + sim::quote(name), {}, {}, usage);
  }
  ProfileArguments arguments;
  arguments.action = static_cast<ProfileAction>(found - kActions.begin());
  const sim::Result<void> fitting = check_profile_options(line, arguments.action);
  if (!fitting) return tl::unexpected(fitting.error());
  arguments.files = line.all("FILE");
  if (arguments.action == ProfileAction::kRun) {
    arguments.run.words = words_without_display(words);
    return run_of(line, std::move(arguments), usage);
  }
  if ((arguments.files.empty() && arguments.action != ProfileAction::kCompare) ||
      (arguments.action == ProfileAction::kShow && arguments.files.size() > 1)) {
    return sim::input_error(
        fmt::format("seqspan profile {} needs {}", name,
                    arguments.action == ProfileAction::kShow ? "one profile" : "at least one log"),
        {}, {}, usage);
  }
  if (arguments.action == ProfileAction::kCompare && arguments.files.size() < 2) {
    return sim::input_error("seqspan profile compare needs a profile and at least one log", {}, {},
                            usage);
  }
  arguments.markdown = line.has("--markdown");
  arguments.output_file = line.value("--output");
  arguments.svg_file = line.value("--svg");
  sim::Result<profiles::LogOptions> options = log_options_of(line);
  if (!options) return tl::unexpected(options.error());
  arguments.log = *options;
  return arguments;
}

}  // namespace seqspan::cli
