#include "cli/arguments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <initializer_list>
#include <utility>

#include "cli/help.hpp"
#include "cli/parser.hpp"
#include "sim/errors/did_you_mean.hpp"
#include "sim/errors/quote.hpp"
#include "sim/units/parse_units.hpp"

namespace seqspan::cli {
namespace {

constexpr std::size_t kMostBest = 1000;

struct JobOption {
  const char* name;
  std::optional<std::string> JobArguments::*member;
  const char* field;  // of a job
};
constexpr std::array kJobOptions = {
    JobOption{"--model", &JobArguments::model, "model"},
    JobOption{"--cluster", &JobArguments::cluster, "cluster"},
    JobOption{"--framework", &JobArguments::framework, "framework"},
    JobOption{"--sequence-length", &JobArguments::sequence_length, "training.sequence_length"},
    JobOption{"--global-batch-size", &JobArguments::global_batch_size,
              "training.global_batch_size"},
};

std::string program_and(const std::string& command) {
  return command.empty() ? "seqspan" : "seqspan " + command;
}

tl::unexpected<sim::Error> unknown_command(const std::string& name) {
  const std::vector<std::string> known(command_names().begin(), command_names().end());
  return sim::input_error("unknown command " + sim::quote(name), {}, {},
                          sim::did_you_mean(name, known, "commands"));
}

// "--output" and the like: what a misspelt option may have meant.
std::vector<std::string> long_options(const std::string& command) {
  std::vector<std::string> names;
  for (const OptionHelp& option : options_of(command)) {
    const std::size_t start = option.names.find("--");
    if (start == std::string::npos) continue;
    names.push_back(option.names.substr(start, option.names.find(' ', start) - start));
  }
  return names;
}

// What no option and no argument took.
tl::unexpected<sim::Error> unexpected(const std::string& command, const std::string& text) {
  const bool is_option = text.size() > 1 && text.front() == '-';
  if (!is_option && command.empty()) return unknown_command(text);
  const std::string help = program_and(command) + " --help lists what there is";
  if (!is_option) {
    return sim::input_error(
        fmt::format("{} has no use for {}", program_and(command), sim::quote(text)), {}, {}, help);
  }
  const std::string name = text.substr(0, text.find('='));
  const std::string nearest =
      name.rfind("--", 0) == 0 ? sim::nearest_name(name, long_options(command)) : "";
  return sim::input_error(
      fmt::format("{} has no option {}", program_and(command), sim::quote(name)), {}, {},
      nearest.empty() ? help : "did you mean '" + nearest + "'?");
}

sim::Result<DisplayOptions> display_of(const ParsedLine& line) {
  DisplayOptions display;
  display.json = line.has("--json");
  display.ascii = line.has("--ascii");
  if (!line.has("--color")) return display;
  const auto colour = colour_choice_named(line.value("--color"));
  if (!colour) {
    return sim::input_error(sim::quote(line.value("--color")) + " does not say when to use colour",
                            "--color", {}, "auto, always or never");
  }
  display.colour = *colour;
  return display;
}

sim::Result<JobArguments> job_of(const ParsedLine& line) {
  JobArguments job;
  job.file = line.value("JOB");
  job.settings = line.all("--set");
  for (const JobOption& option : kJobOptions) {
    if (!line.has(option.name)) continue;
    if (line.has("JOB")) {
      return sim::input_error(fmt::format("{} is for a command without a job file", option.name),
                              job.file, {},
                              fmt::format("change the field of the job: --set {}={}", option.field,
                                          line.value(option.name)));
    }
    job.*option.member = line.value(option.name);
  }
  if (!job.file.empty() || (job.model && job.cluster)) return job;
  const std::string of = program_and(line.command);
  if (line.has("JOB")) return sim::input_error("the name of the job file is empty");
  if (job.model || job.cluster) {
    return sim::input_error(
        fmt::format("{} needs {}", of, job.model ? "--cluster too" : "--model too"));
  }
  return sim::input_error(
      fmt::format("{} needs a job", of), {}, {},
      fmt::format("{} JOB, or --model M --cluster C; {} -h has examples", of, of));
}

sim::Result<std::size_t> best_of(const ParsedLine& line) {
  if (!line.has("--best")) return PlanArguments{}.best;
  const std::string text = line.value("--best");
  std::size_t best = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), best);
  if (failure != std::errc{} || end != text.data() + text.size() || best < 1 || best > kMostBest) {
    return sim::input_error(sim::quote(text) + " is no number of layouts", "--best", {},
                            fmt::format("a whole number from 1 to {}", kMostBest));
  }
  return best;
}

sim::Result<Request> plan_of(const ParsedLine& line) {
  sim::Result<JobArguments> job = job_of(line);
  if (!job) return tl::unexpected(job.error());
  const sim::Result<std::size_t> best = best_of(line);
  if (!best) return tl::unexpected(best.error());
  if (line.has("--output") && line.value("--output").empty()) {
    return sim::input_error("the name of the output file is empty", "--output");
  }
  return PlanArguments{std::move(*job), *best, line.value("--output")};
}

sim::Result<Request> simulate_of(const ParsedLine& line) {
  sim::Result<JobArguments> job = job_of(line);
  if (!job) return tl::unexpected(job.error());
  SimulateArguments arguments{std::move(*job), std::nullopt, line.has("--program")};
  if (line.has("--layout")) arguments.layout = line.value("--layout");
  if (arguments.program && line.has("--json")) {
    return sim::input_error("--program has no JSON form", "--json", {}, "leave one of them out");
  }
  return arguments;
}

sim::Result<std::optional<std::int64_t>> count_of(const ParsedLine& line, const char* option) {
  if (!line.has(option)) return std::nullopt;
  constexpr std::int64_t kMost = 1 << 24;
  const std::string text = line.value(option);
  std::int64_t count = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (failure == std::errc{} && end == text.data() + text.size() && count >= 1 && count <= kMost) {
    return count;
  }
  return sim::input_error(sim::quote(text) + " is no count", option, {},
                          fmt::format("a whole number from 1 to {}", kMost));
}

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

sim::Result<Request> cluster_of(const ParsedLine& line) {
  const std::string usage = "seqspan cluster show CLUSTER; seqspan cluster -h has examples";
  if (!line.has("ACTION")) {
    return sim::input_error("seqspan cluster needs an action", {}, {}, usage);
  }
  if (line.value("ACTION") != "show") {
    return sim::input_error("seqspan cluster has no action " + sim::quote(line.value("ACTION")), {},
                            {}, usage);
  }
  ClusterArguments arguments{line.value("CLUSTER"), std::nullopt, line.value("--svg")};
  if (arguments.cluster.empty()) {
    return sim::input_error("seqspan cluster show needs a cluster", {}, {}, usage);
  }
  if (line.has("--layout")) arguments.layout = line.value("--layout");
  if (line.has("--svg") && arguments.svg_file.empty()) {
    return sim::input_error("the name of the file is empty", "--svg");
  }
  if (line.has("--json") && arguments.svg_file == "-") {
    return sim::input_error("two answers for standard output", "--json", {},
                            "leave one of them out");
  }
  return arguments;
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

sim::Result<std::optional<sim::Seconds>> time_of(const ParsedLine& line, const char* option,
                                                 const char* example) {
  if (!line.has(option)) return std::nullopt;
  const sim::Result<sim::Seconds> time = sim::parse_time(line.value(option));
  if (time && time->value() > 0) return *time;
  return sim::input_error(sim::quote(line.value(option)) + " is no time", option, {},
                          fmt::format("for example {} {}", option, example));
}

// Words that say how to display are added anew for every rank.
std::vector<std::string> words_without_display(const std::vector<std::string>& words) {
  std::vector<std::string> kept;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--json" || words[i] == "--ascii" || words[i].rfind("--color=", 0) == 0) {
      continue;
    }
    if (words[i] == "--color") {
      ++i;
      continue;
    }
    kept.push_back(words[i]);
  }
  return kept;
}

sim::Result<Backend> backend_of(const ParsedLine& line) {
  const std::string name = line.has("--backend") ? line.value("--backend") : "mpi";
  if (name == "mpi") return Backend::kMpi;
  if (name == "nccl") return Backend::kNccl;
  return sim::input_error("unknown backend " + sim::quote(name), "--backend", {}, "mpi or nccl");
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
  if (line.has("--gemms") && *backend != Backend::kNccl) {
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

// 0.1, 10%.
sim::Result<double> fraction_of(const ParsedLine& line, const char* option, double standard) {
  if (!line.has(option)) return standard;
  std::string text = line.value(option);
  const bool percent = !text.empty() && text.back() == '%';
  if (percent) text.pop_back();
  double value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (percent) value /= 100;
  if (failure == std::errc{} && end == text.data() + text.size() && value > 0 && value <= 100) {
    return value;
  }
  return sim::input_error(sim::quote(line.value(option)) + " is no tolerance", option, {},
                          fmt::format("for example {} 10%", option));
}

sim::Result<std::vector<std::int64_t>> counts_of(const ParsedLine& line, const char* option) {
  std::vector<std::int64_t> counts;
  if (!line.has(option)) return counts;
  const std::string text = line.value(option) + ',';
  for (std::size_t at = 0, end = 0; (end = text.find(',', at)) != std::string::npos; at = end + 1) {
    std::int64_t count = 0;
    const auto [stop, failure] = std::from_chars(text.data() + at, text.data() + end, count);
    if (failure != std::errc{} || stop != text.data() + end || count < 1) {
      return sim::input_error(sim::quote(text.substr(at, end - at)) + " is no length", option, {},
                              fmt::format("for example {} 5,11", option));
    }
    counts.push_back(count);
  }
  return counts;
}

sim::Result<Request> validate_of(const ParsedLine& line, const std::vector<std::string>& words) {
  ValidateArguments arguments;
  arguments.plan = line.value("PLAN");
  if (arguments.plan.empty()) {
    return sim::input_error("seqspan validate needs a plan", {}, {},
                            "seqspan plan JOB -o plan.json writes one; or JOB --layout L");
  }
  if (line.has("--layout")) arguments.layout = line.value("--layout");
  arguments.settings = line.all("--set");
  if (!arguments.layout && !arguments.settings.empty()) {
    return sim::input_error("a plan has its settings in it", "--set", {},
                            "make the plan with them, or name a job and a --layout");
  }
  const auto backend = backend_of(line);
  if (!backend) return tl::unexpected(backend.error());
  arguments.backend = *backend;
  const bool is_one = line.has("--check") != line.has("--time");
  arguments.numbers = !is_one || line.has("--check");
  arguments.time = !is_one || line.has("--time");
  arguments.csv_file = line.value("--csv");
  arguments.words = words_without_display(words);
  sim::Error failure;
  const auto keep = [&failure](const auto& value) {
    if (!value) failure = value.error();
    return static_cast<bool>(value);
  };
  const auto choice = count_of(line, "--choice");
  const auto ranks = count_of(line, "--ranks");
  const auto repetitions = count_of(line, "--repetitions");
  const auto warm_up = count_of(line, "--warm-up");
  const auto limit = time_of(line, "--exchange-limit", "5s");
  const auto tolerance = fraction_of(line, "--tolerance", arguments.tolerance);
  auto documents = counts_of(line, "--documents");
  if (!keep(choice) || !keep(ranks) || !keep(repetitions) || !keep(warm_up) || !keep(limit) ||
      !keep(tolerance) || !keep(documents)) {
    return tl::unexpected(failure);
  }
  arguments.choice = choice->value_or(arguments.choice);
  arguments.ranks = *ranks;
  arguments.repetitions = repetitions->value_or(arguments.repetitions);
  arguments.warm_up = warm_up->value_or(arguments.warm_up);
  arguments.exchange_limit = *limit;
  arguments.tolerance = *tolerance;
  arguments.documents = *std::move(documents);
  return arguments;
}

sim::Result<Request> replay_of(const ParsedLine& line) {
  ReplayArguments arguments;
  arguments.files = line.all("FILE");
  arguments.markdown = line.has("--markdown");
  arguments.svg_file = line.value("--svg");
  if (arguments.files.empty()) {
    return sim::input_error("seqspan replay needs a case", {}, {},
                            "seqspan replay FILE...; those of tests/published/cases are shipped");
  }
  if (line.has("--svg") && arguments.svg_file.empty()) {
    return sim::input_error("the name of the file is empty", "--svg");
  }
  if (static_cast<int>(line.has("--json")) + static_cast<int>(arguments.markdown) +
          static_cast<int>(arguments.svg_file == "-") >
      1) {
    return sim::input_error("two answers for standard output", {}, {}, "leave one of them out");
  }
  return arguments;
}

// Help goes before everything else that may be wrong with the line.
sim::Result<std::string> help_of(const ParsedLine& line) {
  if (line.command == "help") {
    const auto known = command_names();
    const std::string topic = line.value("COMMAND");
    if (!topic.empty() && std::find(known.begin(), known.end(), topic) == known.end()) {
      return unknown_command(topic);
    }
    return help_text(topic, options_of(topic), true);
  }
  const bool in_full = line.has("--help");
  if (!in_full && !line.has("-h")) return std::string();
  if (line.command.empty() && !line.extra.empty()) return unexpected("", line.extra.front());
  return help_text(line.command, options_of(line.command), in_full);
}

sim::Result<Request> request_of(const ParsedLine& line, const std::vector<std::string>& words) {
  if (line.has("--version") || line.command == "version") return VersionArguments{};
  if (line.command == "plan") return plan_of(line);
  if (line.command == "simulate") return simulate_of(line);
  if (line.command == "cluster") return cluster_of(line);
  if (line.command == "profile") return profile_of(line, words);
  if (line.command == "replay") return replay_of(line);
  if (line.command == "validate") return validate_of(line, words);
  if (line.command == "explain") return ExplainArguments{line.value("TOPIC")};
  if (line.command == "schema") return SchemaArguments{line.value("NAME")};
  return sim::input_error("seqspan needs a command", {}, {}, "seqspan -h shows what there is");
}

}  // namespace

sim::Result<Invocation> parse_arguments(const std::vector<std::string>& arguments) {
  const sim::Result<ParsedLine> line = parse_line(arguments);
  if (!line) return tl::unexpected(line.error());
  sim::Result<std::string> help = help_of(*line);
  if (!help) return tl::unexpected(help.error());
  if (!help->empty()) return Invocation{{}, HelpArguments{std::move(*help)}};
  if (!line->extra.empty()) return unexpected(line->command, line->extra.front());
  const sim::Result<DisplayOptions> display = display_of(*line);
  if (!display) return tl::unexpected(display.error());
  sim::Result<Request> request = request_of(*line, arguments);
  if (!request) return tl::unexpected(request.error());
  return Invocation{*display, std::move(*request)};
}

}  // namespace seqspan::cli
