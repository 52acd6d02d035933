// Tables of text: columns as wide as their widest cell; where that is too wide, the one flexible
// column is wrapped.
#pragma once

#include <string>
#include <vector>

#include "cli/render/style.hpp"

namespace seqspan::cli {

enum class Align : std::uint8_t { kLeft, kRight };

struct Column {
  std::string title;
  Align align = Align::kLeft;
  bool flexible = false;
  bool only_wide = false;  // left out of a terminal narrower than kWidest
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // As many cells as columns.
  void add(std::vector<std::string> cells);
  // A remark under the last row, indented to the second column.
  void note(std::string text);

  // A line of its own between rows.
  void section(std::string title);

  [[nodiscard]] bool empty() const { return rows_.empty(); }

  // Every line starts with `indent` spaces and ends in a newline. A table whose titles are all
  // empty has no head.
  [[nodiscard]] std::string text(const Style& style, std::size_t indent = 2) const;

 private:
  struct Row {
    std::vector<std::string> cells;  // none: the note is the title of a section
    std::string note;
  };

  // Without the columns that are only_wide.
  [[nodiscard]] Table narrow() const;
  [[nodiscard]] std::vector<std::string> row_lines(const Row& row,
                                                   const std::vector<std::size_t>& width) const;
  [[nodiscard]] std::string cell(std::size_t column, const std::string& content,
                                 std::size_t width) const;
  [[nodiscard]] std::vector<std::size_t> widths(std::size_t available) const;

  std::vector<Column> columns_;
  std::vector<Row> rows_;
};

}  // namespace seqspan::cli
