#include "cli/render/style.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace seqspan::cli {
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

std::string paint(const Style& style, std::string_view code, std::string_view text) {
  if (!style.colour || text.empty()) return std::string(text);
  const bool line = text.back() == '\n';
  if (line) text.remove_suffix(1);
  std::string painted = "\x1b[";
  painted.append(code).append("m").append(text).append("\x1b[0m").append(line ? "\n" : "");
  return painted;
}

}  // namespace

std::optional<ColourChoice> colour_choice_named(std::string_view name) {
  if (name == "auto") return ColourChoice::kAuto;
  if (name == "always") return ColourChoice::kAlways;
  if (name == "never") return ColourChoice::kNever;
  return std::nullopt;
}

Terminal terminal_of(int descriptor) {
  Terminal terminal;
  terminal.is_terminal = isatty(descriptor) == 1;
  winsize size{};
  if (terminal.is_terminal && ioctl(descriptor, TIOCGWINSZ, &size) == 0) {
    terminal.columns = size.ws_col;
  }
  terminal.no_color = environment("NO_COLOR");
  terminal.term = environment("TERM");
  return terminal;
}

bool use_colour(ColourChoice choice, const Terminal& terminal) {
  if (choice != ColourChoice::kAuto) return choice == ColourChoice::kAlways;
  return terminal.no_color.empty() && terminal.term != "dumb" && terminal.is_terminal;
}

Style make_style(ColourChoice choice, bool ascii, const Terminal& terminal) {
  Style style;
  style.colour = use_colour(choice, terminal);
  style.ascii = ascii;
  if (terminal.columns > 0) style.width = std::clamp(terminal.columns, kNarrowest, kWidest);
  return style;
}

std::string bold(const Style& style, std::string_view text) { return paint(style, "1", text); }
std::string dim(const Style& style, std::string_view text) { return paint(style, "2", text); }
std::string green(const Style& style, std::string_view text) { return paint(style, "32", text); }
std::string red(const Style& style, std::string_view text) { return paint(style, "31", text); }
std::string yellow(const Style& style, std::string_view text) { return paint(style, "33", text); }

}  // namespace seqspan::cli
