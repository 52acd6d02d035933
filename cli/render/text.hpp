// Measuring and wrapping text on a terminal.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace seqspan::cli {

// Columns that a text takes: code points, without colour sequences.
[[nodiscard]] std::size_t display_width(std::string_view text);

// Filled up with spaces to `width` columns.
[[nodiscard]] std::string pad_right(std::string_view text, std::size_t width);
[[nodiscard]] std::string pad_left(std::string_view text, std::size_t width);

// Lines of at most `width` columns, broken after spaces and commas where there are any.
[[nodiscard]] std::vector<std::string> wrap(std::string_view text, std::size_t width);

// The same as one text: the first line starts with `first`, the others with as many spaces. Ends
// in a newline.
[[nodiscard]] std::string paragraph(std::string_view first, std::string_view text,
                                    std::size_t width);

// "optimizer_state" reads as "optimizer state".
[[nodiscard]] std::string words(std::string_view name);

// As an argument of a shell.
[[nodiscard]] std::string shell_quote(std::string_view text);

}  // namespace seqspan::cli
