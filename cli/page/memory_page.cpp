#include "cli/page/memory_page.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>

#include "cli/commands/job.hpp"
#include "cli/page/assets.hpp"
#include "cli/page/html.hpp"
#include "cli/page/report_parts.hpp"
#include "cli/render/answer.hpp"
#include "cli/render/memory_svg.hpp"
#include "cli/render/quantity.hpp"
#include "cli/render/text.hpp"
#include "seqspan_config.hpp"
#include "sim/units/format_units.hpp"

namespace seqspan::cli {
namespace {

HtmlCell verdict_cell(const WhatIf& answer) {
  const char* colour = answer.verdict == MemoryVerdict::kFits    ? "good"
                       : answer.verdict == MemoryVerdict::kTight ? "warn"
                                                                 : "bad";
  return html_cell(fmt::format("<span class=\"{}\">{}</span>", colour, name_of(answer.verdict)));
}

// Every rule that refuses some of them, with the first one's numbers.
std::string refused_html(const std::vector<WhatIf>& answers) {
  std::map<std::string, std::string> reasons;
  for (const WhatIf& answer : answers) {
    if (answer.is_refused()) reasons.emplace(answer.code, answer.reason);
  }
  std::string html;
  for (const auto& [code, reason] : reasons) {
    html += fmt::format("<p>refused: <code>{}</code>, for example {}</p>\n", html_escaped(code),
                        html_escaped(reason));
  }
  return html;
}

std::string table_of(const MemoryArguments& arguments, const std::vector<WhatIf>& answers) {
  std::vector<std::string> titles;
  for (const Sweep& sweep : arguments.sweeps) titles.push_back(sweep.path);
  titles.emplace_back("verdict");
  if (arguments.longest) titles.emplace_back("longest, tokens");
  titles.emplace_back("peak GiB");
  for (std::size_t i = 0; i < sim::kMemoryRoleCount; ++i) {
    titles.push_back(words(name_of(static_cast<sim::MemoryRole>(i))));
  }
  HtmlTable table(std::move(titles));
  for (const WhatIf& answer : answers) {
    std::vector<HtmlCell> cells;
    for (const std::string& value : answer.values) cells.push_back(text_cell(value));
    cells.push_back(verdict_cell(answer));
    const bool has_memory = !answer.is_refused() && (!answer.longest || answer.longest->tokens > 0);
    if (arguments.longest) {
      cells.push_back(number_cell(answer.longest ? sim::format_count(answer.longest->tokens) : ""));
    }
    const auto add = [&](sim::Bytes bytes) {
      cells.push_back(has_memory ? bytes_cell(gib_number(bytes), bytes.value()) : number_cell(""));
    };
    add(answer.peak);
    for (const sim::Bytes bytes : answer.by_role) add(bytes);
    table.add(std::move(cells), fmt::format("data-verdict=\"{}\"", name_of(answer.verdict)));
  }
  return table.html("by role in GiB, at the peak of the stage that needs most") +
         refused_html(answers);
}

}  // namespace

std::string memory_page(const sim::Job& job, const MemoryArguments& arguments,
                        const std::vector<WhatIf>& answers) {
  HtmlPage page;
  page.title = "seqspan: memory of " + job.name;
  page.styles = assets::kStyles;
  std::string sweeps;
  for (const Sweep& sweep : arguments.sweeps) {
    sweeps +=
        " --sweep " + shell_quote(fmt::format("{}={}", sweep.path, fmt::join(sweep.values, ",")));
  }
  page.body = fmt::format(
      "<header><h1>Memory: {}</h1>\n<p class=\"soft\">{}</p>\n<p class=\"soft\">layout "
      "{}</p></header>\n<section id=\"drawing\">{}</section>\n"
      "<section id=\"table\"><h2>The same as a table</h2>\n{}</section>\n{}"
      "<footer><p>seqspan {}. The same numbers for scripts: <code>seqspan memory {} --layout "
      "{}{}{} --json</code></p></footer>\n",
      html_escaped(job.name), html_escaped(job_text(job)),
      html_layout(arguments.layout.empty() ? "of the framework's defaults" : arguments.layout),
      memory_svg(job, arguments, answers), table_of(arguments, answers), inputs_html(job),
      config::kVersion, html_escaped(command_text(arguments.job)),
      html_escaped(shell_quote(arguments.layout)), html_escaped(sweeps),
      arguments.longest ? " --max sequence_length" : "");
  return html_page(page);
}

}  // namespace seqspan::cli
