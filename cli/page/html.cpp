#include "cli/page/html.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace seqspan::cli {

std::string html_escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '&':
        escaped += "&amp;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string html_layout(std::string_view layout) {
  return "<span class=\"layout\">" + html_escaped(layout) + "</span>";
}

std::string html_exact(std::string_view key, double value) {
  return fmt::format("data-{}=\"{}\"", key, value);
}
std::string html_exact(std::string_view key, std::int64_t value) {
  return fmt::format("data-{}=\"{}\"", key, value);
}

HtmlCell text_cell(std::string_view text) { return {html_escaped(text), {}, false}; }
HtmlCell html_cell(std::string html) { return {std::move(html), {}, false}; }
HtmlCell number_cell(std::string_view text) { return {html_escaped(text), {}, true}; }
HtmlCell bytes_cell(std::string_view text, std::int64_t bytes) {
  return {html_escaped(text), html_exact("bytes", bytes), true};
}
HtmlCell seconds_cell(std::string_view text, double seconds) {
  return {html_escaped(text), html_exact("seconds", seconds), true};
}

void HtmlTable::add(std::vector<HtmlCell> cells, std::string attributes) {
  rows_.push_back({std::move(cells), std::move(attributes)});
}

std::string HtmlTable::html(std::string_view caption) const {
  std::string html = "<div class=\"scroll\"><table>\n";
  if (!caption.empty()) html += fmt::format("<caption>{}</caption>\n", html_escaped(caption));
  html += "<thead><tr>";
  for (std::size_t i = 0; i < titles_.size(); ++i) {
    const bool number = !rows_.empty() && rows_.front().cells[i].number;
    html += fmt::format("<th scope=\"col\"{}>{}</th>", number ? " class=\"n\"" : "",
                        html_escaped(titles_[i]));
  }
  html += "</tr></thead>\n<tbody>\n";
  for (const Row& row : rows_) {
    html += row.attributes.empty() ? "<tr>" : "<tr " + row.attributes + ">";
    for (const HtmlCell& cell : row.cells) {
      html += fmt::format("<td{}{}{}>{}</td>", cell.number ? " class=\"n\"" : "",
                          cell.exact.empty() ? "" : " ", cell.exact, cell.html);
    }
    html += "</tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

std::string html_tile(std::string_view label, std::string_view value, std::string_view note,
                      std::string_view attributes) {
  return fmt::format(
      "<div class=\"tile\"><span class=\"label\">{}</span><b{}{}>{}</b><span "
      "class=\"note\">{}</span></div>\n",
      html_escaped(label), attributes.empty() ? "" : " ", attributes, html_escaped(value),
      html_escaped(note));
}

std::string html_bar(double share, std::string_view colour_class) {
  constexpr double kPercent = 100;
  return fmt::format("<span class=\"bar\"><i class=\"{}\" style=\"width:{:.1f}%\"></i></span>",
                     colour_class, std::clamp(share, 0.0, 1.0) * kPercent);
}

std::string html_json(std::string_view id, std::string_view json) {
  std::string safe;
  for (const char c : json) {
    if (c == '<') {
      safe += "\\u003c";
    } else {
      safe += c;
    }
  }
  return fmt::format("<script type=\"application/json\" id=\"{}\">{}</script>\n", id, safe);
}

std::string html_page(const HtmlPage& page) {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
      "'unsafe-inline'; script-src 'unsafe-inline'; img-src data:{}\">\n"
      "<link rel=\"icon\" href=\"data:,\">\n"
      "<title>{}</title>\n<style>\n{}</style>\n</head>\n<body>\n{}{}</body>\n</html>\n",
      page.connects ? "; connect-src 'self'" : "", html_escaped(page.title), page.styles, page.body,
      page.scripts);
}

}  // namespace seqspan::cli
