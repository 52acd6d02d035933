#include "cli/render/man_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "cli/help.hpp"
#include "cli/parser.hpp"
#include "seqspan_config.hpp"

namespace seqspan::cli {
namespace {

// Text that means nothing to roff.
std::string plain(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\\') {
      result += "\\e";
    } else if (c == '-') {
      result += "\\-";
    } else {
      result += c;
    }
  }
  if (!result.empty() && (result.front() == '.' || result.front() == '\'')) {
    result.insert(0, "\\&");
  }
  return result;
}

std::string line_of(std::string_view text) { return plain(text) + "\n"; }

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(text.size(), end + 1));
  }
  return lines;
}

// Running text, broken where the reader's window breaks it.
std::string filled(std::string_view text) {
  std::string result;
  for (const std::string_view line : lines_of(text)) result += line_of(line);
  return result;
}

// As it stands.
std::string verbatim(std::string_view text, std::size_t indent) {
  std::string result = ".PP\n.nf\n";
  for (std::string_view line : lines_of(text)) {
    line.remove_prefix(std::min(indent, line.size()));
    result += line_of(line);
  }
  return result + ".fi\n";
}

std::string options_text(const std::vector<OptionHelp>& options, std::size_t count) {
  std::string result;
  for (std::size_t i = 0; i < count; ++i) {
    result += ".TP\n.B " + line_of(options[i].names) + line_of(options[i].text);
  }
  return result;
}

std::string command_text(std::string_view command, std::size_t program_options) {
  const HelpTopic& topic = topic_of(command);
  std::string text = fmt::format(".SS {}\n", plain(command)) + filled(topic.summary);
  constexpr std::size_t kUnderUsage = 7;  // "Usage: " stands before the first line of a usage
  std::string usage;
  for (const std::string_view line : lines_of(topic.usage)) {
    const bool indented = line.rfind("       ", 0) == 0;
    usage += std::string(indented ? line.substr(kUnderUsage) : line) + "\n";
  }
  text += verbatim(usage, 0);
  const std::vector<OptionHelp> options = options_of(command);
  text += options_text(options, options.size() - program_options);
  if (!topic.notes.empty()) text += ".PP\n" + filled(topic.notes);
  return text + ".PP\nExamples:\n" + verbatim(topic.examples, 2);
}

// "  0   done"
std::string exit_status_text() {
  std::string text;
  for (const std::string_view line : lines_of(exit_codes_text())) {
    const std::size_t code = line.find_first_of("0123456789");
    if (line.rfind("  ", 0) != 0 || code == std::string_view::npos) continue;
    const std::size_t end = line.find(' ', code);
    text += ".TP\n.B " + line_of(line.substr(code, end - code)) +
            line_of(line.substr(line.find_first_not_of(' ', end)));
  }
  return text;
}

}  // namespace

std::string man_page() {
  const std::vector<OptionHelp> program_options = options_of("");
  const HelpTopic& program = topic_of("");
  std::string text = fmt::format(
      ".\\\" Printed by seqspan man.\n.TH SEQSPAN 1 \"\" \"seqspan {}\" \"User Commands\"\n"
      ".SH NAME\nseqspan \\- plan the training of language models on long sequences\n"
      ".SH SYNOPSIS\n.B seqspan\n.I COMMAND\n[\\fIOPTION\\fR]...\n.SH DESCRIPTION\n",
      config::kVersion);
  text += filled(program.summary);
  text += ".SH EXAMPLES\n" + verbatim(program.examples, 2);
  text +=
      ".SH OPTIONS\nOf every command:\n" + options_text(program_options, program_options.size());
  text += ".SH COMMANDS\n";
  for (const std::string_view command : command_names()) {
    text += command_text(command, program_options.size());
  }
  text += ".SH EXIT STATUS\n" + exit_status_text();
  text +=
      ".SH ENVIRONMENT\n.TP\n.B NO_COLOR\nIf set and not empty, no colour unless "
      "\\-\\-color asks for it.\n.TP\n.B TERM\nIf dumb, likewise.\n.TP\n.B SEQSPAN_DATA\nFolder "
      "with configs/ and profiles/, in place of those beside the program.\n";
  return text;
}

}  // namespace seqspan::cli
