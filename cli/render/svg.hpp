// What the pictures share: a page that follows the reader's light or dark scheme, and escaped text.
//
// Classes: page, text, frame (borders), line, grid, box (filled areas).
#pragma once

#include <string>
#include <string_view>

namespace seqspan::cli {

[[nodiscard]] std::string svg_escaped(std::string_view text);

// Up to and including the heading; `title` is what a browser shows as the document's.
[[nodiscard]] std::string svg_start(double width, double height, int font_size,
                                    std::string_view title, std::string_view heading);

}  // namespace seqspan::cli
