#include "cli/page/plan_parts.hpp"

#include <fmt/format.h>

#include "cli/page/html.hpp"
#include "cli/render/alternative_text.hpp"
#include "cli/render/document_facts.hpp"
#include "cli/render/groups_section.hpp"
#include "cli/render/layout_choice.hpp"
#include "cli/render/quantity.hpp"
#include "cli/render/training_text.hpp"
#include "sim/units/format_units.hpp"

namespace seqspan::cli {
namespace {

HtmlCell layout_cell(const std::string& layout) { return html_cell(html_layout(layout)); }

HtmlCell time_cell(sim::Seconds time) { return seconds_cell(sim::format_time(time), time.value()); }

std::string section(const char* id, const std::string& title, const std::string& html) {
  return fmt::format("<section id=\"{}\"><h2>{}</h2>\n{}</section>\n", id, html_escaped(title),
                     html);
}

std::string run_tiles(const TrainingAnswer& answer) {
  const planner::TrainingRun& run = *answer.run;
  std::string deadline;
  if (answer.question.deadline) {
    deadline = (answer.meets_deadline ? "within the deadline of " : "over the deadline of ") +
               sim::format_duration(*answer.question.deadline);
  }
  std::string html = "<div class=\"tiles\">\n";
  html += html_tile(
      "takes", sim::format_duration(run.time), deadline,
      html_exact("seconds", run.time.value()) +
          (answer.question.deadline ? answer.meets_deadline ? " class=\"good\"" : " class=\"bad\""
                                    : ""));
  html += html_tile("steps", sim::format_count(run.steps), "", html_exact("count", run.steps));
  html +=
      html_tile("GPU-hours", hours(run.gpu_hours), "", html_exact("hours", run.gpu_hours.value()));
  if (run.cost) {
    html += html_tile("cost", money(*run.cost), price_text(*answer.question.price),
                      html_exact("cost", run.cost->value()));
  }
  return html + "</div>\n";
}

std::string clusters_html(const sim::Job& job, const TrainingAnswer& answer) {
  if (answer.options.empty()) return "";
  const bool priced = answer.question.price.has_value();
  std::vector<std::string> titles = {"GPUs", "best layout", "step", "takes", "GPU-hours"};
  if (priced) titles.emplace_back("cost");
  titles.emplace_back("");
  HtmlTable table(std::move(titles));
  for (const planner::ClusterOption& option : answer.options) {
    if (!option.planned) continue;
    std::vector<HtmlCell> cells = {number_cell(sim::format_count(option.gpus))};
    if (option.layout) {
      cells.push_back(layout_cell(short_layout(job, *option.layout)));
      cells.push_back(time_cell(option.step));
      cells.push_back(seconds_cell(sim::format_duration(option.run.time), option.run.time.value()));
      cells.push_back(number_cell(hours(option.run.gpu_hours)));
      if (priced) cells.push_back(number_cell(money(*option.run.cost)));
    } else {
      cells.push_back(text_cell(""));
      cells.resize(priced ? 6 : 5, number_cell(""));
    }
    cells.push_back(text_cell(cluster_verdict(answer, option)));
    table.add(std::move(cells), is_chosen(answer, option) ? "class=\"here\"" : "");
  }
  std::string html = fmt::format("<h3>{}</h3>\n", clusters_title(answer));
  const std::string unplanned = unplanned_text(answer);
  if (!unplanned.empty()) html += "<p class=\"soft\">" + html_escaped(unplanned) + "</p>\n";
  return table.empty() ? html : html + table.html();
}

}  // namespace

std::string training_html(const sim::Job& job, const TrainingAnswer& answer) {
  std::string html = answer.run ? run_tiles(answer) : "";
  html += "<p>" + html_escaped(law_text(job, answer)) + ".</p>\n";
  const std::string warning = batch_warning(job, answer);
  if (!warning.empty()) {
    html += "<p><span class=\"warn\">warning</span> " + html_escaped(warning) + "</p>\n";
  }
  return section(
      "training",
      fmt::format("Training on {} tokens", sim::format_token_count(answer.question.budget)),
      html + clusters_html(job, answer));
}

std::string why_html(const sim::Job& job, const planner::Plan& plan) {
  if (plan.why.empty()) return "";
  HtmlTable table({"key", "instead", "peak GiB", ""});
  std::string key;
  for (const planner::Alternative& alternative : plan.why) {
    const bool is_next = alternative.key != key;
    key = alternative.key;
    table.add({text_cell(is_next ? alternative.key + "=" + alternative.value : ""),
               text_cell(alternative.instead),
               alternative.peak.value() > 0
                   ? bytes_cell(gib_number(alternative.peak), alternative.peak.value())
                   : number_cell(""),
               text_cell(alternative_text(job, alternative))});
  }
  return section("why", "Why this one: each key changed alone", table.html());
}

std::string groups_html(const sim::Job& job, const planner::Plan& plan) {
  const GroupTable groups = group_table(job, plan);
  if (groups.rows.empty()) return "";
  HtmlTable table({"shared out as", "KV copies", "sent per step", "peak GiB", "step", ""});
  for (const GroupTable::Row& row : groups.rows) {
    const planner::GroupChoice& choice = *row.choice;
    const std::string reason =
        row.reason.empty() ? ""
                           : "<br><span class=\"soft\">" + html_escaped(row.reason) + "</span>";
    table.add(
        {html_cell(html_layout(row.degrees) + reason),
         number_cell(sim::format_count(choice.kv_copies)),
         row.measured ? bytes_cell(sim::format_bytes(choice.sent), choice.sent.value())
                      : number_cell(""),
         row.measured ? bytes_cell(gib_number(choice.peak), choice.peak.value()) : number_cell(""),
         choice.refused ? number_cell("") : time_cell(choice.step), text_cell(row.verdict)},
        row.verdict == "chosen" ? "class=\"here\"" : "");
  }
  std::string html =
      "<p class=\"soft\">The same GPUs between tensor parallelism, Ulysses and a ring, everything "
      "else as it is.</p>\n" +
      table.html();
  if (groups.left_out > 0) {
    html +=
        fmt::format("<p class=\"soft\">And {} more, which plan --json has.</p>\n", groups.left_out);
  }
  return section("groups", groups.title, html);
}

std::string context_trade_html(const sim::Job& job, const planner::Plan& plan) {
  if (plan.by_context.empty()) return "";
  HtmlTable table({"cp", "dp", "fastest layout", "step", "imbalance", "of step", "without"});
  for (const planner::Candidate& choice : plan.by_context) {
    const sim::Evaluation& evaluation = choice.evaluation;
    const bool best = !plan.best.empty() && choice.layout == plan.best.front().simulation.layout;
    table.add({number_cell(fmt::format("{}", choice.layout.cp())),
               number_cell(fmt::format("{}", choice.layout.dp)),
               layout_cell(short_layout(job, choice.layout)), time_cell(evaluation.step),
               time_cell(evaluation.imbalance),
               number_cell(percent(evaluation.imbalance / evaluation.step)),
               time_cell(evaluation.step - evaluation.imbalance)},
              best ? "class=\"here\"" : "");
  }
  return section("by-context", kContextTradeTitle, table.html());
}

}  // namespace seqspan::cli
