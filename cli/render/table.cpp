#include "cli/render/table.hpp"

#include <algorithm>
#include <utility>

#include "cli/render/text.hpp"

namespace seqspan::cli {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kNarrowestFlexible = 12;

std::string without_trailing_spaces(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

}  // namespace

void Table::add(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  rows_.push_back({std::move(cells), {}});
}

void Table::note(std::string text) { rows_.back().note = std::move(text); }

void Table::section(std::string title) { rows_.push_back({{}, std::move(title)}); }

std::vector<std::size_t> Table::widths(std::size_t available) const {
  std::vector<std::size_t> result;
  std::size_t total = kGap * (columns_.size() - 1);
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    std::size_t width = display_width(columns_[c].title);
    for (const Row& row : rows_) {
      if (!row.cells.empty()) width = std::max(width, display_width(row.cells[c]));
    }
    result.push_back(width);
    total += width;
  }
  for (std::size_t c = 0; c < columns_.size() && total > available; ++c) {
    if (!columns_[c].flexible) continue;
    const std::size_t others = total - result[c];
    const std::size_t rest = available > others ? available - others : 0;
    result[c] = std::min(result[c], std::max(rest, kNarrowestFlexible));
  }
  return result;
}

std::string Table::cell(std::size_t column, const std::string& content, std::size_t width) const {
  return columns_[column].align == Align::kRight ? pad_left(content, width)
                                                 : pad_right(content, width);
}

std::vector<std::string> Table::row_lines(const Row& row,
                                          const std::vector<std::size_t>& width) const {
  std::vector<std::vector<std::string>> lines;
  std::size_t height = 1;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    // Only flexible cells can be too wide; others may hold colour, which must not be cut.
    lines.push_back(columns_[c].flexible ? wrap(row.cells[c], width[c])
                                         : std::vector<std::string>{row.cells[c]});
    height = std::max(height, lines.back().size());
  }
  std::vector<std::string> result;
  for (std::size_t l = 0; l < height; ++l) {
    std::string line;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      line += (c > 0 ? std::string(kGap, ' ') : "") +
              cell(c, l < lines[c].size() ? lines[c][l] : "", width[c]);
    }
    result.push_back(without_trailing_spaces(std::move(line)));
  }
  return result;
}

Table Table::narrow() const {
  std::vector<Column> columns;
  for (const Column& column : columns_) {
    if (!column.only_wide) columns.push_back(column);
  }
  Table result(std::move(columns));
  for (const Row& row : rows_) {
    Row kept{{}, row.note};
    for (std::size_t c = 0; c < row.cells.size(); ++c) {
      if (!columns_[c].only_wide) kept.cells.push_back(row.cells[c]);
    }
    result.rows_.push_back(std::move(kept));
  }
  return result;
}

std::string Table::text(const Style& style, std::size_t indent) const {
  const auto is_only_wide = [](const Column& column) { return column.only_wide; };
  if (style.width < kWidest && std::any_of(columns_.begin(), columns_.end(), is_only_wide)) {
    return narrow().text(style, indent);
  }
  const std::vector<std::size_t> width = widths(style.width - indent);
  const std::string margin(indent, ' ');
  std::string result;
  if (std::any_of(columns_.begin(), columns_.end(),
                  [](const Column& column) { return !column.title.empty(); })) {
    std::string line;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      line += (c > 0 ? std::string(kGap, ' ') : "") + cell(c, columns_[c].title, width[c]);
    }
    result += margin + dim(style, without_trailing_spaces(std::move(line))) + "\n";
  }
  const std::string note_margin(indent + width.front() + kGap, ' ');
  for (const Row& row : rows_) {
    if (row.cells.empty()) {
      result += margin + dim(style, row.note) + "\n";
      continue;
    }
    for (const std::string& line : row_lines(row, width)) result += margin + line + "\n";
    if (!row.note.empty()) result += paragraph(note_margin, row.note, style.width);
  }
  return result;
}

}  // namespace seqspan::cli
