#include "cli/page/report_parts.hpp"

#include <fmt/format.h>

#include <map>

#include "cli/page/html.hpp"
#include "cli/render/layout_choice.hpp"
#include "cli/render/quantity.hpp"
#include "sim/layout/legality.hpp"
#include "sim/units/format_units.hpp"

namespace seqspan::cli {
namespace {

void add_sources(HtmlTable& table, const std::string& of,
                 const std::map<std::string, std::string>& sources) {
  constexpr std::string_view kAssumption = "assumption:";
  for (const auto& [field, source] : sources) {
    const bool assumed = source.find(kAssumption) != std::string::npos;
    const bool measured = source.find("measured") != std::string::npos;
    const char* kind = assumed    ? "<span class=\"warn\">assumed</span>"
                       : measured ? "<span class=\"good\">measured</span>"
                                  : "published";
    table.add({text_cell(of), html_cell("<code>" + html_escaped(field) + "</code>"),
               html_cell(kind), text_cell(source)});
  }
}

double number_at(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<double>() : 0;
}

std::string text_at(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

// A difference that is no number stands there as text (validation_json).
std::string difference_at(const nlohmann::json& object, const char* key) {
  const std::string text = text_at(object, key);
  return text.empty() ? fmt::format("{:.1e}", number_at(object, key)) : html_escaped(text);
}

void add_measured(HtmlTable& table, const std::string& what, const nlohmann::json& row) {
  const auto seconds = row.find("seconds");
  if (seconds == row.end() || !seconds->is_object()) return;
  const double predicted = number_at(*seconds, "predicted");
  const double median = number_at(*seconds, "median");
  table.add({text_cell(what), text_cell(text_at(row, "axis")),
             seconds_cell(sim::format_time(sim::Seconds(predicted)), predicted),
             seconds_cell(sim::format_time(sim::Seconds(median)), median),
             number_cell(fmt::format("{:+.1f} %", 100 * number_at(*seconds, "error")))});
}

// What the expected step rests on, where rows are packed of documents.
std::string document_assumptions(const sim::Job& job) {
  if (!job.training.documents) return "";
  const sim::Documents& documents = *job.training.documents;
  return fmt::format(
      "<p id=\"distribution\">Lengths of documents are drawn, each independent of the others: {}, "
      "of which those longer than a row of {} tokens are {}. The seed {} makes them the same for "
      "every layout and on every run. Rows come to a rank in random order; every query sees its "
      "own document only. A data set whose lengths are otherwise, or that is sorted, has another "
      "imbalance: docs/models/documents.md.</p>\n",
      html_escaped(sim::to_text(documents.lengths)),
      sim::format_count(job.training.sequence_length),
      documents.too_long == sim::TooLong::kCut ? "cut into rows" : "left out", documents.seed);
}

}  // namespace

std::string rejections_html(const sim::Job& job, const planner::Plan& plan) {
  if (plan.rejected.empty()) return "";
  HtmlTable table({"layouts", "reason", "for example"});
  for (const planner::Rejection& rejection : plan.rejected) {
    const std::string layout = short_layout(job, rejection.example);
    const std::string why =
        rejection.code == sim::ReasonCode::kDoesNotFit
            ? "the closest; over by " +
                  sim::format_bytes(rejection.example_peak - job.cluster.device.memory)
            : sim::describe(rejection.code, job, rejection.example);
    table.add({number_cell(sim::format_count(rejection.count)),
               html_cell(fmt::format("<code>{}</code>", sim::facts_of(rejection.code).name)),
               html_cell(html_layout(layout) + "<br>" + html_escaped(why))},
              fmt::format("data-code=\"{}\" data-count=\"{}\"", sim::facts_of(rejection.code).name,
                          rejection.count));
  }
  return "<section id=\"refused\"><h2>Refused</h2>\n" + table.html() + "</section>\n";
}

std::string assumptions_html(const sim::Job& job) {
  const sim::Cluster& cluster = job.cluster;
  HtmlTable table({"of", "number", "is", "from"});
  add_sources(table, cluster.device.name, cluster.device.sources);
  add_sources(table, cluster.device.nvlink.name, cluster.device.nvlink.sources);
  add_sources(table, cluster.nic.name, cluster.nic.sources);
  const std::string measured =
      cluster.measured_by.empty()
          ? "Times of communications come from a model of NCCL on these links; no measurement of "
            "this cluster is used."
          : "Communications that the profile " + cluster.measured_by +
                " has measured are timed by it, the others by a model of NCCL on these links.";
  return fmt::format(
      "<section id=\"assumptions\"><h2>Assumptions and profiles</h2>\n<p>{}</p>\n"
      "<p>Ranks run in step: no stragglers beyond the spread of the device's profile, no failures, "
      "no data loading, no checkpoints. Allocators are taken not to fragment. How far predictions "
      "were from what others measured: docs/accuracy.md.</p>\n{}"
      "<details><summary>Where every number of the profiles is from</summary>\n{}</details>"
      "</section>\n",
      html_escaped(measured), document_assumptions(job), table.html());
}

std::string inputs_html(const sim::Job& job) {
  HtmlTable table({"file", "SHA-256"});
  for (const sim::InputFile& file : job.inputs) {
    table.add({text_cell(file.path), html_cell("<code>" + file.sha256 + "</code>")});
  }
  std::string html = "<section id=\"inputs\"><h2>Inputs</h2>\n" + table.html();
  for (const sim::Warning& warning : job.warnings) {
    html += fmt::format("<p><span class=\"warn\">warning</span> {}</p>\n",
                        html_escaped(warning.message));
  }
  return html + "</section>\n";
}

std::string validation_html(const nlohmann::json& validation) {
  HtmlTable table({"op", "axis", "predicted", "measured (median)", "error"});
  for (const auto& op : validation.value("ops", nlohmann::json::array())) {
    add_measured(table, text_at(op, "block") + ": " + text_at(op, "op"), op);
  }
  for (const auto& block : validation.value("blocks", nlohmann::json::array())) {
    add_measured(table, text_at(block, "block") + ", whole", block);
  }
  const nlohmann::json verdict = validation.value("verdict", nlohmann::json::object());
  const auto holds = verdict.find("holds");
  const bool held = holds != verdict.end() && holds->is_boolean() && holds->get<bool>();
  std::string html = fmt::format(
      "<section id=\"measured\"><h2>Predicted against measured</h2>\n<p>{} on {:.0f} of {:.0f} "
      "ranks: the plan <b class=\"{}\">{}</b>.</p>\n",
      html_escaped(text_at(validation, "transport")), number_at(validation, "ranks"),
      number_at(validation, "planned_ranks"), held ? "good" : "bad",
      held ? "holds" : "does not hold");
  if (const auto numbers = validation.find("numbers"); numbers != validation.end()) {
    html += fmt::format(
        "<p>A layer of small shapes ({}) against one rank: the output differs by {}, gradients of "
        "inputs by {} and of weights by {}.</p>\n",
        html_escaped(text_at(*numbers, "shapes")), difference_at(*numbers, "output_difference"),
        difference_at(*numbers, "input_gradient_difference"),
        difference_at(*numbers, "weight_gradient_difference"));
  }
  if (table.empty()) return html + "<p class=\"soft\">No times were measured.</p></section>\n";
  return html +
         fmt::format("<p>Median error of times {:.1f} %, worst {:.1f} %, tolerance {:.1f} %.</p>\n",
                     100 * number_at(verdict, "median_time_error"),
                     100 * number_at(verdict, "worst_time_error"),
                     100 * number_at(verdict, "tolerance")) +
         table.html() + "</section>\n";
}

}  // namespace seqspan::cli
