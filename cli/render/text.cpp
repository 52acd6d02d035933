#include "cli/render/text.hpp"

#include <algorithm>

namespace seqspan::cli {
namespace {

// Where to cut a text that is longer than `width`: after the last space or comma that fits, or
// after the last whole code point.
std::size_t cut(std::string_view text, std::size_t width) {
  std::size_t columns = 0;
  std::size_t at = 0;
  std::size_t best = 0;
  while (at < text.size()) {
    std::size_t next = at + 1;
    while (next < text.size() && (static_cast<unsigned char>(text[next]) & 0xC0U) == 0x80U) ++next;
    // A space may hang over the edge: it is not printed.
    if (columns == width && text[at] != ' ') break;
    // "1,024" stays whole.
    const bool in_number = next < text.size() && text[next] >= '0' && text[next] <= '9';
    if (text[at] == ' ' || (text[at] == ',' && !in_number)) best = next;
    at = next;
    if (++columns > width) break;
  }
  return at >= text.size() ? text.size() : best > 0 ? best : at;
}

}  // namespace

std::size_t display_width(std::string_view text) {
  std::size_t columns = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\x1b') {
      while (i < text.size() && text[i] != 'm') ++i;
    } else if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U) {
      ++columns;
    }
  }
  return columns;
}

std::string pad_right(std::string_view text, std::size_t width) {
  const std::size_t columns = display_width(text);
  return std::string(text) + std::string(width - std::min(columns, width), ' ');
}

std::string pad_left(std::string_view text, std::size_t width) {
  const std::size_t columns = display_width(text);
  return std::string(width - std::min(columns, width), ' ') + std::string(text);
}

std::vector<std::string> wrap(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  width = std::max<std::size_t>(width, 1);
  while (!text.empty()) {
    const std::size_t end = cut(text, width);
    std::string line(text.substr(0, end));
    line.erase(line.find_last_not_of(' ') + 1);
    lines.push_back(std::move(line));
    text.remove_prefix(end);
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  }
  if (lines.empty()) lines.emplace_back();
  return lines;
}

std::string paragraph(std::string_view first, std::string_view text, std::size_t width) {
  const std::size_t indent = display_width(first);
  std::string result;
  for (const std::string& line : wrap(text, width > indent ? width - indent : 1)) {
    result += result.empty() ? std::string(first) : std::string(indent, ' ');
    result += line + "\n";
  }
  return result;
}

std::string words(std::string_view name) {
  std::string text(name);
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

std::string shell_quote(std::string_view text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./,=:+@%";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string_view::npos) {
    return std::string(text);
  }
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

}  // namespace seqspan::cli
