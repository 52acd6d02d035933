#include "cli/page/layout_section.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "cli/page/drawings.hpp"
#include "cli/page/html.hpp"
#include "cli/render/document_facts.hpp"
#include "cli/render/quantity.hpp"
#include "cli/render/text.hpp"
#include "sim/units/format_units.hpp"

namespace seqspan::cli {
namespace {

std::string verdict_html(const LayoutPart& part, const sim::Simulation& simulation) {
  const sim::Bytes peak = simulation.peak.peak;
  const bool fits = peak <= simulation.capacity;
  const std::string verdict =
      fits ? "fits, " + sim::format_bytes(simulation.capacity - peak) + " free"
           : "does not fit, over by " + sim::format_bytes(peak - simulation.capacity);
  std::string html =
      fmt::format("<p class=\"verdict\">{}: <span class=\"{}\">{}</span></p>\n",
                  html_layout(part.layout.empty() ? "the framework's defaults" : part.layout),
                  fits ? "good" : "bad", verdict);
  if (!part.note.empty()) {
    html += fmt::format("<p class=\"soft\">{}</p>\n", html_escaped(part.note));
  }
  return html;
}

std::string tiles_html(const sim::Simulation& simulation) {
  const sim::Seconds bound = simulation.shares[static_cast<std::size_t>(simulation.bound)];
  std::string html = "<div class=\"tiles\">\n";
  std::string note = fmt::format("{} micro-batch{}", simulation.micro_batches,
                                 simulation.micro_batches == 1 ? "" : "es");
  if (simulation.documents) {
    note += ", imbalance " + percent(simulation.time.imbalance / simulation.time.step);
  }
  html += html_tile(simulation.documents ? "expected step" : "one step",
                    sim::format_time(simulation.time.step), note,
                    html_exact("seconds", simulation.time.step.value()));
  html += html_tile("tokens/s per GPU", rate(simulation.tokens_per_gpu_per_second), "",
                    html_exact("rate", simulation.tokens_per_gpu_per_second));
  html += html_tile("model FLOP/s per GPU", sim::format_flops(simulation.model_flops_per_gpu),
                    "MFU " + percent(simulation.mfu),
                    html_exact("rate", simulation.model_flops_per_gpu.value()));
  html += html_tile("peak memory", gib(simulation.peak.peak), "of " + gib(simulation.capacity),
                    html_exact("bytes", simulation.peak.peak.value()));
  html += html_tile("bound by", words(name_of(simulation.bound)),
                    percent(bound / simulation.time.step) + " of the step",
                    html_exact("seconds", bound.value()));
  return html + "</div>\n";
}

std::string memory_html(const sim::Simulation& simulation) {
  HtmlTable table({"role", "at the peak", "of capacity", ""});
  for (std::size_t i = 0; i < sim::kMemoryRoleCount; ++i) {
    const sim::Bytes bytes = simulation.peak.by_role[i];
    const double share =
        static_cast<double>(bytes.value()) / static_cast<double>(simulation.capacity.value());
    table.add({text_cell(words(name_of(static_cast<sim::MemoryRole>(i)))),
               bytes_cell(gib(bytes), bytes.value()), number_cell(percent(share)),
               html_cell(html_bar(share, role_class(i)))});
  }
  return "<h3>Memory of a GPU by pipeline stage</h3>\n" + role_key() + stages_svg(simulation) +
         table.html() +
         fmt::format(
             "<p class=\"soft\">The peak is at {}. One layer saves {} for the backward "
             "pass of one micro-batch.</p>\n",
             html_escaped(simulation.peak_moment), sim::format_bytes(simulation.saved_per_layer));
}

std::string largest_html(const sim::Simulation& simulation) {
  HtmlTable table({"tensor", "shape", "role", "copies", "GiB"});
  for (const sim::LargestTensor& tensor : simulation.largest) {
    table.add({text_cell(tensor.name), html_cell("<code>" + html_escaped(tensor.shape) + "</code>"),
               text_cell(words(name_of(tensor.role))),
               number_cell(sim::format_count(tensor.copies)),
               bytes_cell(gib_number(tensor.bytes), tensor.bytes.value())});
  }
  return "<details><summary>Largest tensors at the peak</summary>\n" + table.html() +
         "</details>\n";
}

std::string time_html(const sim::Simulation& simulation) {
  HtmlTable table({"what the step's time goes to", "time", "of step", ""});
  for (std::size_t i = 0; i < sim::kStepBoundCount; ++i) {
    const sim::Seconds seconds = simulation.shares[i];
    if (seconds.value() <= 0) continue;
    const double share = seconds / simulation.time.step;
    table.add({text_cell(words(name_of(static_cast<sim::StepBound>(i)))),
               seconds_cell(sim::format_time(seconds), seconds.value()),
               number_cell(percent(share)), html_cell(html_bar(share, ""))});
  }
  return table.html();
}

std::string documents_html(const sim::Job& job, const sim::Simulation& simulation) {
  if (!simulation.documents) return "";
  HtmlTable facts({"of documents", ""});
  for (const DocumentFact& fact : document_facts(job, simulation)) {
    facts.add({text_cell(fact.of), text_cell(fact.said)});
  }
  HtmlTable costs({"assignment of rows", "step", "imbalance", "of step", ""});
  for (const AssignmentCost& cost : assignment_costs(job, simulation)) {
    const double share = cost.imbalance / cost.step;
    costs.add({text_cell(cost.name + (cost.chosen ? " *" : "")),
               seconds_cell(sim::format_time(cost.step), cost.step.value()),
               seconds_cell(sim::format_time(cost.imbalance), cost.imbalance.value()),
               number_cell(percent(share)), html_cell(html_bar(share, "c3"))},
              cost.chosen ? "class=\"here\"" : "");
  }
  return "<h3>Documents of different lengths</h3>\n<div class=\"documents\">" + facts.html() +
         costs.html() + "</div>\n" + fmt::format("<p class=\"soft\">{}</p>\n", kChosenAssignment);
}

// By axis and the link that bounds it, over a step.
std::string traffic_html(const sim::Simulation& simulation) {
  if (simulation.traffic.empty()) return "";
  struct Sum {
    sim::Bytes sent;
    double seconds = 0;
    double exposed = 0;
  };
  std::map<std::pair<sim::Axis, std::string>, Sum> sums;
  HtmlTable ops(
      {"op", "axis", "pass", "count", "sent per op", "message", "time", "exposed", "bound"});
  for (const sim::TrafficRow& row : simulation.traffic) {
    Sum& sum = sums[{row.axis, row.bound}];
    sum.sent += row.bytes_sent_per_gpu * row.count;
    sum.seconds += row.seconds.value() * static_cast<double>(row.count);
    sum.exposed += row.exposed_seconds.value();
    ops.add({text_cell(row.op), text_cell(fmt::format("{} {}", name_of(row.axis), row.group_size)),
             text_cell(name_of(row.pass)), number_cell(sim::format_count(row.count)),
             bytes_cell(sim::format_bytes(row.bytes_sent_per_gpu), row.bytes_sent_per_gpu.value()),
             bytes_cell(sim::format_bytes(row.message_bytes), row.message_bytes.value()),
             seconds_cell(sim::format_time(row.seconds), row.seconds.value()),
             seconds_cell(sim::format_time(row.exposed_seconds), row.exposed_seconds.value()),
             text_cell(row.bound)});
  }
  HtmlTable table({"axis", "bound by", "sent per step", "time of it", "compute waits", ""});
  for (const auto& [key, sum] : sums) {
    const double share = sum.exposed / simulation.time.step.value();
    table.add({text_cell(name_of(key.first)), text_cell(key.second),
               bytes_cell(sim::format_bytes(sum.sent), sum.sent.value()),
               seconds_cell(sim::format_time(sim::Seconds(sum.seconds)), sum.seconds),
               seconds_cell(sim::format_time(sim::Seconds(sum.exposed)), sum.exposed),
               html_cell(html_bar(share, "c4"))});
  }
  return "<h3>Traffic of one GPU by axis and link</h3>\n" + table.html() +
         "<details><summary>Every communication</summary>\n" + ops.html() + "</details>\n";
}

std::string over_time_html(const LayoutPart& part) {
  return fmt::format(
      "<div class=\"script\"><h3>Memory over time</h3>\n<div class=\"controls script\">"
      "<label>stage <select class=\"stage\"></select></label>"
      "<label>detail <input class=\"zoom\" type=\"range\" min=\"0\" max=\"100\" value=\"0\" "
      "aria-label=\"from the whole step to the ops around the peak\"></label>"
      "<output class=\"soft zoomed\">the whole step</output></div>\n"
      "<div class=\"chart memory\" data-series=\"{}\"></div></div>\n",
      part.id);
}

}  // namespace

std::string layout_answer(const LayoutPart& part, const sim::Simulation& simulation) {
  return fmt::format("<div class=\"one\" data-of=\"{}\"{}>\n", part.id,
                     part.shown ? "" : " hidden") +
         verdict_html(part, simulation) + tiles_html(simulation) + "</div>\n";
}

std::string layout_section(const sim::Job& job, const LayoutPart& part,
                           const sim::StepTimeline& timeline) {
  const sim::Simulation& simulation = timeline.simulation;
  const std::string layer = layer_svg(timeline);
  std::string html =
      fmt::format("<article class=\"one\" data-of=\"{}\"{}>\n<h2>In detail: {}</h2>\n", part.id,
                  part.shown ? "" : " hidden", html_layout(part.layout));
  html += memory_html(simulation) + over_time_html(part) + largest_html(simulation);
  html += "<h3>Time of a step</h3>\n" + time_html(simulation);
  html += documents_html(job, simulation);
  html += "<h3>A step by stream</h3>\n" + step_svg(timeline);
  if (!layer.empty()) {
    html +=
        "<h3>One layer, op by op</h3>\n<p class=\"soft\">In a micro-batch of the middle. "
        "Point at an op for its name and time.</p>\n" +
        layer;
  }
  html += traffic_html(simulation);
  return html + "</article>\n";
}

}  // namespace seqspan::cli
