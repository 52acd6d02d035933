#include "cli/commands/completion.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/help.hpp"
#include "cli/parser.hpp"

namespace seqspan::cli {
namespace {

struct OptionWords {
  std::vector<std::string> names;  // "-o", "--output"
  bool takes_value = false;
  std::string text;
};

// "-o,--output FILE": names, and whether a value follows; positionals have no name.
OptionWords words_of(const OptionHelp& option) {
  OptionWords words;
  words.text = option.text;
  std::string names = option.names;
  const std::size_t space = names.find(' ');
  words.takes_value = space != std::string::npos;
  names.resize(std::min(space, names.size()));
  for (std::size_t at = 0; at < names.size();) {
    const std::size_t end = std::min(names.find(',', at), names.size());
    const std::string name = names.substr(at, end - at);
    if (name.rfind('-', 0) == 0) words.names.push_back(name);
    at = end + 1;
  }
  return words;
}

std::vector<OptionWords> options_with_names(std::string_view command) {
  std::vector<OptionWords> options;
  for (const OptionHelp& option : options_of(command)) {
    OptionWords words = words_of(option);
    if (!words.names.empty()) options.push_back(std::move(words));
  }
  return options;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::string all_commands() {
  std::vector<std::string> names(command_names().begin(), command_names().end());
  names.emplace_back("help");
  return joined(names);
}

// A value is a file name unless the option says otherwise.
std::string bash() {
  std::string cases;
  for (const std::string_view command : command_names()) {
    std::vector<std::string> names;
    for (const OptionWords& option : options_with_names(command)) {
      names.insert(names.end(), option.names.begin(), option.names.end());
    }
    cases += fmt::format("    {}) words='{}' ;;\n", command, joined(names));
  }
  return fmt::format(
      "# Completion of seqspan for bash: source it, or save it under\n"
      "# ~/.local/share/bash-completion/completions/seqspan\n"
      "_seqspan() {{\n"
      "  local current=${{COMP_WORDS[COMP_CWORD]}} words=\n"
      "  COMPREPLY=()\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ] && [[ $current != -* ]]; then\n"
      "    mapfile -t COMPREPLY < <(compgen -W '{}' -- \"$current\")\n"
      "    return\n"
      "  fi\n"
      "  [[ $current == -* ]] || {{ mapfile -t COMPREPLY < <(compgen -f -- \"$current\"); return; "
      "}}\n"
      "  case ${{COMP_WORDS[1]}} in\n"
      "{}"
      "    *) words='--help --version' ;;\n"
      "  esac\n"
      "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
      "}}\n"
      "complete -o filenames -F _seqspan seqspan\n",
      all_commands(), cases);
}

// Characters that zsh's _arguments takes for its own.
std::string zsh_text(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\'') {
      escaped += "'\\''";
      continue;
    }
    if (c == '[' || c == ']' || c == ':' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string zsh() {
  std::string cases;
  for (const std::string_view command : command_names()) {
    cases += fmt::format("    {})\n      _arguments \\\n", command);
    for (const OptionWords& option : options_with_names(command)) {
      for (const std::string& name : option.names) {
        cases += fmt::format("        '{}[{}]{}' \\\n", name, zsh_text(option.text),
                             option.takes_value ? ":value:_files" : "");
      }
    }
    cases += "        '*:file:_files' ;;\n";
  }
  return fmt::format(
      "#compdef seqspan\n"
      "# Completion of seqspan for zsh: save it as _seqspan in a folder of $fpath.\n"
      "_seqspan() {{\n"
      "  if (( CURRENT == 2 )); then\n"
      "    compadd {}\n"
      "    return\n"
      "  fi\n"
      "  local command=$words[2]\n"
      "  shift words\n"
      "  (( CURRENT-- ))\n"
      "  case $command in\n"
      "{}"
      "  esac\n"
      "}}\n"
      "_seqspan \"$@\"\n",
      all_commands(), cases);
}

std::string fish_text(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\'' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string fish() {
  std::string text =
      "# Completion of seqspan for fish: save it as ~/.config/fish/completions/seqspan.fish\n";
  text += fmt::format("complete -c seqspan -n __fish_use_subcommand -f -a '{}'\n", all_commands());
  for (const std::string_view command : command_names()) {
    for (const OptionWords& option : options_with_names(command)) {
      std::string names;
      for (const std::string& name : option.names) {
        names += name.rfind("--", 0) == 0 ? " -l " + name.substr(2) : " -s " + name.substr(1);
      }
      text += fmt::format("complete -c seqspan -n '__fish_seen_subcommand_from {}'{}{} -d '{}'\n",
                          command, names, option.takes_value ? " -r" : "", fish_text(option.text));
    }
  }
  return text;
}

}  // namespace

sim::Result<ExitCode> completion_command(const CompletionArguments& arguments, Output& output) {
  if (arguments.shell == "bash") {
    output.answer(bash());
  } else if (arguments.shell == "zsh") {
    output.answer(zsh());
  } else if (arguments.shell == "fish") {
    output.answer(fish());
  } else {
    return sim::input_error(arguments.shell.empty()
                                ? "completion for which shell?"
                                : "no completion for the shell '" + arguments.shell + "'",
                            {}, {}, "seqspan completion bash, zsh or fish");
  }
  return ExitCode::kDone;
}

}  // namespace seqspan::cli
