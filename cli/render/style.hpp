// How answers are drawn: colour or not, Unicode or ASCII, how wide. Colour only repeats what a word
// says.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace seqspan::cli {

enum class ColourChoice : std::uint8_t { kAuto, kAlways, kNever };

[[nodiscard]] std::optional<ColourChoice> colour_choice_named(std::string_view name);

// What a stream leads to, and what the environment says about it.
struct Terminal {
  bool is_terminal = false;
  std::size_t columns = 0;  // 0: unknown
  std::string no_color;     // NO_COLOR
  std::string term;         // TERM
};

// What file descriptor `descriptor` leads to.
[[nodiscard]] Terminal terminal_of(int descriptor);

// The flag decides; then NO_COLOR unless empty; then TERM=dumb; then whether it is a terminal.
[[nodiscard]] bool use_colour(ColourChoice choice, const Terminal& terminal);

inline constexpr std::size_t kWidest = 100;
inline constexpr std::size_t kNarrowest = 80;  // a narrower terminal breaks lines itself

struct Style {
  bool colour = false;
  bool ascii = false;
  std::size_t width = kWidest;  // columns; what is no terminal gets the widest
};

[[nodiscard]] Style make_style(ColourChoice choice, bool ascii, const Terminal& terminal);

[[nodiscard]] std::string bold(const Style& style, std::string_view text);
[[nodiscard]] std::string dim(const Style& style, std::string_view text);
[[nodiscard]] std::string green(const Style& style, std::string_view text);
[[nodiscard]] std::string red(const Style& style, std::string_view text);
[[nodiscard]] std::string yellow(const Style& style, std::string_view text);

}  // namespace seqspan::cli
