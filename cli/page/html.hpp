// Pieces of HTML that pages are made of.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace seqspan::cli {

[[nodiscard]] std::string html_escaped(std::string_view text);
// The words of a layout, in the type of code.
[[nodiscard]] std::string html_layout(std::string_view layout);
// data-KEY="VALUE": the exact value behind what is read, for scripts and tests.
[[nodiscard]] std::string html_exact(std::string_view key, double value);
[[nodiscard]] std::string html_exact(std::string_view key, std::int64_t value);

// A cell: what is read, and for scripts and tests the exact value behind it.
struct HtmlCell {
  std::string html;
  std::string exact;  // empty: none
  bool number = false;
};
[[nodiscard]] HtmlCell text_cell(std::string_view text);
[[nodiscard]] HtmlCell html_cell(std::string html);
[[nodiscard]] HtmlCell number_cell(std::string_view text);
[[nodiscard]] HtmlCell bytes_cell(std::string_view text, std::int64_t bytes);
[[nodiscard]] HtmlCell seconds_cell(std::string_view text, double seconds);

class HtmlTable {
 public:
  // `titles` of the columns; those of numbers stand on the right, like their cells.
  explicit HtmlTable(std::vector<std::string> titles) : titles_(std::move(titles)) {}
  void add(std::vector<HtmlCell> cells, std::string attributes = {});
  [[nodiscard]] std::string html(std::string_view caption = {}) const;
  [[nodiscard]] bool empty() const { return rows_.empty(); }

 private:
  struct Row {
    std::vector<HtmlCell> cells;
    std::string attributes;
  };
  std::vector<std::string> titles_;
  std::vector<Row> rows_;
};

// A number with what it is, large.
[[nodiscard]] std::string html_tile(std::string_view label, std::string_view value,
                                    std::string_view note, std::string_view attributes = {});
// A bar of `share` of the width, in a colour of the style sheet.
[[nodiscard]] std::string html_bar(double share, std::string_view colour_class);

// A whole page: nothing is loaded from elsewhere, and the policy in its head forbids it.
struct HtmlPage {
  std::string title;
  std::string styles;
  std::string body;
  std::string scripts;    // after the body
  bool connects = false;  // its scripts may ask the server that it came from
};
[[nodiscard]] std::string html_page(const HtmlPage& page);

// JSON as a script element holds it: no end of an element in it.
[[nodiscard]] std::string html_json(std::string_view id, std::string_view json);

}  // namespace seqspan::cli
