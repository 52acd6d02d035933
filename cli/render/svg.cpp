#include "cli/render/svg.hpp"

#include <fmt/format.h>

namespace seqspan::cli {

std::string svg_escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '&') {
      result += "&amp;";
    } else if (c == '<') {
      result += "&lt;";
    } else if (c == '>') {
      result += "&gt;";
    } else {
      result += c;
    }
  }
  return result;
}

std::string svg_start(double width, double height, int font_size, std::string_view title,
                      std::string_view heading) {
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" "
      "font-family=\"Helvetica, Arial, sans-serif\" font-size=\"{2}\">\n"
      "<style>\n"
      "  .page {{ fill: #ffffff; }} .text {{ fill: #222222; }} .frame {{ stroke: #bbbbbb; }}\n"
      "  .line {{ stroke: #999999; }} .grid {{ stroke: #d8d8d8; }} .box {{ fill-opacity: 0.18; }}\n"
      "  @media (prefers-color-scheme: dark) {{\n"
      "    .page {{ fill: #15181c; }} .text {{ fill: #e6e6e6; }} .frame {{ stroke: #555555; }}\n"
      "    .line {{ stroke: #777777; }} .grid {{ stroke: #3a3f44; }} .box {{ fill-opacity: 0.35; "
      "}}\n"
      "  }}\n"
      "</style>\n"
      "<title>{3}</title>\n"
      "<rect class=\"page\" width=\"{0:.0f}\" height=\"{1:.0f}\"/>\n"
      "<text class=\"text\" x=\"16\" y=\"26\" font-size=\"16\" font-weight=\"bold\">{4}</text>\n",
      width, height, font_size, svg_escaped(title), svg_escaped(heading));
}

}  // namespace seqspan::cli
