// The only source that knows CLI11.
#include "cli/parser.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>

#include "cli/option_tables.hpp"

namespace seqspan::cli {
namespace {

constexpr int kMostFiles = 10000;

void add_options(CLI::App& app, OptionTable specs) {
  for (const OptionSpec& spec : specs) {
    const std::string text = spec.text;
    if (spec.takes == Takes::kNothing) {
      app.add_flag(spec.name, text);
      continue;
    }
    CLI::Option* option = app.add_option(spec.name, text)->type_name(spec.value);
    option->expected(1)->allow_extra_args(false);
    if (spec.takes == Takes::kRest) option->expected(1, kMostFiles)->allow_extra_args();
    if (spec.takes == Takes::kManyValues) {
      option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    }
  }
}

void add_command(CLI::App& app, const std::string& name) {
  CLI::App& command = *app.add_subcommand(name);
  command.set_help_flag();
  command.fallthrough();
  for (const OptionTable table : option_tables(name)) add_options(command, table);
}

void build(CLI::App& app) {
  app.set_help_flag();
  app.allow_extras();
  app.require_subcommand(0, 1);
  add_options(app, program_options());
  for (const std::string_view name : command_names()) add_command(app, std::string(name));
  add_command(app, "help");
}

void collect_values(const CLI::App& app, ParsedLine& line) {
  for (const CLI::Option* option : app.get_options()) {
    if (option->count() == 0) continue;
    const std::string name =
        option->get_positional() ? option->get_name(true, false) : option->get_name();
    line.values[name] = option->results();
  }
}

void collect_options(const CLI::App& app, std::vector<OptionHelp>& options) {
  for (const CLI::Option* option : app.get_options()) {
    std::string names = option->get_name(option->get_positional(), true);
    const std::string type = option->get_expected_max() == 0 ? "" : option->get_type_name();
    if (!type.empty()) names.append(" ").append(type);
    options.push_back({std::move(names), option->get_description()});
  }
}

}  // namespace

std::string ParsedLine::value(std::string_view name) const {
  const auto found = values.find(name);
  return found == values.end() || found->second.empty() ? "" : found->second.front();
}

std::vector<std::string> ParsedLine::all(std::string_view name) const {
  const auto found = values.find(name);
  return found == values.end() ? std::vector<std::string>{} : found->second;
}

sim::Result<ParsedLine> parse_line(const std::vector<std::string>& arguments) {
  CLI::App app;
  build(app);
  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::ArgumentMismatch& error) {
    // "--best: 1 required N missing", "--best: At Most 1 required but received 2"
    const std::string text = error.what();
    const bool twice = text.find("received") != std::string::npos;
    return sim::input_error(fmt::format("{} {}", text.substr(0, text.find(':')),
                                        twice ? "is given more than once" : "needs a value"));
  } catch (const CLI::ParseError& error) {
    return sim::input_error(error.what(), {}, {}, "seqspan --help has the usage");
  }
  ParsedLine line;
  collect_values(app, line);
  for (const CLI::App* command : app.get_subcommands()) {
    line.command = command->get_name();
    collect_values(*command, line);
  }
  line.extra = app.remaining(true);
  // What follows "--" has found its place; the mark itself means nothing more.
  line.extra.erase(std::remove(line.extra.begin(), line.extra.end(), "--"), line.extra.end());
  return line;
}

std::vector<OptionHelp> options_of(std::string_view command) {
  CLI::App app;
  build(app);
  std::vector<OptionHelp> options;
  if (!command.empty()) collect_options(*app.get_subcommand(std::string(command)), options);
  collect_options(app, options);
  return options;
}

}  // namespace seqspan::cli
