#include "cli/arguments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "cli/arguments/requests.hpp"
#include "cli/arguments/values.hpp"
#include "cli/help.hpp"
#include "cli/parser.hpp"
#include "sim/errors/did_you_mean.hpp"
#include "sim/errors/quote.hpp"

namespace seqspan::cli {
namespace {

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
  if (line.command == "memory") return memory_of(line);
  if (line.command == "cluster") return cluster_of(line);
  if (line.command == "profile") return profile_of(line, words);
  if (line.command == "report") return report_of(line);
  if (line.command == "serve") return serve_of(line);
  if (line.command == "trace") return trace_of(line);
  if (line.command == "replay") return replay_of(line);
  if (line.command == "validate") return validate_of(line, words);
  if (line.command == "diff") return diff_of(line);
  if (line.command == "export") return export_of(line);
  if (line.command == "import") return import_of(line);
  if (line.command == "explain") return explain_of(line);
  if (line.command == "completion") return CompletionArguments{line.value("SHELL")};
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
