#include "cli/page/report_page.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/commands/job.hpp"
#include "cli/page/assets.hpp"
#include "cli/page/html.hpp"
#include "cli/page/layout_section.hpp"
#include "cli/page/memory_series.hpp"
#include "cli/page/plan_parts.hpp"
#include "cli/page/report_parts.hpp"
#include "cli/render/answer.hpp"
#include "cli/render/layout_choice.hpp"
#include "cli/render/quantity.hpp"
#include "cli/render/result_json.hpp"
#include "cli/render/result_parts.hpp"
#include "cli/render/text.hpp"
#include "seqspan_config.hpp"
#include "sim/spec/layout_text.hpp"
#include "sim/units/format_units.hpp"

namespace seqspan::cli {
namespace {

// A part takes 40 to 100 KB, the more the more stages it has. A page has as many as stay under 2 MB
// with what else is in it.
constexpr std::size_t kMostParts = 40;
constexpr std::size_t kMostBytesOfParts = 1'750'000;

// A layout that the page shows.
struct Shown {
  sim::Layout layout;
  std::string note;
  bool on_front = false;
  std::size_t rank = 0;   // among the fastest; 0: not one of them
  std::size_t place = 0;  // on the front
};

// 0 to n - 1: both ends, then the middle of what lies between, and so on. However many are taken,
// they are spread over all.
std::vector<std::size_t> spread(std::size_t n) {
  std::vector<std::size_t> order;
  if (n > 0) order.push_back(0);
  if (n > 1) order.push_back(n - 1);
  std::vector<std::pair<std::size_t, std::size_t>> gaps;
  if (n > 2) gaps.emplace_back(0, n - 1);
  for (std::size_t g = 0; g < gaps.size(); ++g) {
    const auto [first, last] = gaps[g];
    const std::size_t middle = first + (last - first) / 2;
    if (middle == first) continue;
    order.push_back(middle);
    gaps.emplace_back(first, middle);
    gaps.emplace_back(middle, last);
  }
  return order;
}

void add(std::vector<Shown>& shown, Shown next) {
  const auto same = std::find_if(shown.begin(), shown.end(), [&](const Shown& other) {
    return to_string(other.layout) == to_string(next.layout);
  });
  if (same != shown.end()) {
    same->on_front = same->on_front || next.on_front;
  } else if (shown.size() < kMostParts) {
    shown.push_back(std::move(next));
  }
}

std::string first_note(const planner::Plan& plan) {
  return plan.objective == planner::Objective::kStepTime ? "The fastest that fits."
                                                         : "The one that leaves most memory free.";
}

std::vector<Shown> shown_of(const planner::Plan& plan) {
  std::vector<Shown> shown;
  std::size_t rank = 0;
  for (const planner::RankedLayout& ranked : plan.best) {
    ++rank;
    add(shown,
        {ranked.simulation.layout,
         rank == 1 ? first_note(plan) : fmt::format("Place {}: {}.", rank, words(ranked.loses)),
         false, rank, 0});
  }
  for (const std::size_t i : spread(plan.pareto.size())) {
    const planner::Candidate& candidate = plan.pareto[i];
    add(shown,
        {candidate.layout,
         fmt::format("No layout is as fast with less memory. {} slower than the fastest.",
                     percent(candidate.evaluation.step / plan.pareto.front().evaluation.step - 1)),
         true, 0, i});
  }
  for (const planner::Rejection& rejection : plan.rejected) {
    if (!plan.best.empty() || rejection.code != sim::ReasonCode::kDoesNotFit) continue;
    add(shown, {rejection.example, "No layout fits; this one needs least memory.", false, 0, 0});
  }
  return shown;
}

// What the page has of one layout.
struct Part {
  Shown shown;
  std::string answer;
  std::string section;
  Json series;
  std::vector<HtmlCell> row;
  std::string row_attributes;
};

Part part_of(const sim::Job& job, sim::Simulator& simulator, const Shown& shown,
             std::size_t index) {
  const sim::StepTimeline timeline = simulator.timeline(shown.layout);
  const sim::Simulation& simulation = timeline.simulation;
  const LayoutPart part{fmt::format("l{}", index), short_layout(job, shown.layout), shown.note,
                        index == 0};
  const bool fits = simulation.peak.peak <= simulation.capacity;
  const std::string free = fits ? gib_number(simulation.capacity - simulation.peak.peak)
                                : "-" + gib_number(simulation.peak.peak - simulation.capacity);
  return {shown,
          layout_answer(part, simulation),
          layout_section(job, part, timeline),
          {{"id", part.id},
           {"layout", part.layout},
           {"step", number(simulation.time.step)},
           {"peak", number(simulation.peak.peak)},
           {"front", shown.on_front},
           {"rank", shown.rank},
           {"stages", memory_series(timeline)}},
          {html_cell(fmt::format("<button class=\"pick script\" type=\"button\" data-pick=\"{}\" "
                                 "aria-pressed=\"{}\" aria-label=\"show {}\">show</button>",
                                 part.id, part.shown, html_escaped(part.layout))),
           number_cell(shown.rank > 0 ? fmt::format("{}", shown.rank) : ""),
           html_cell(html_layout(part.layout)),
           seconds_cell(sim::format_time(simulation.time.step), simulation.time.step.value()),
           number_cell(rate(simulation.tokens_per_gpu_per_second)),
           number_cell(percent(simulation.mfu)),
           bytes_cell(gib_number(simulation.peak.peak), simulation.peak.peak.value()),
           number_cell(free)},
          fmt::format("data-row=\"{}\"{}", part.id, part.shown ? " class=\"here\"" : "")};
}

// Everything about the layouts, and what the charts are drawn from: the fastest, then the front,
// of which those are left out that have no room.
class Layouts {
 public:
  Layouts(const sim::Job& job, sim::Simulator& simulator, const std::vector<Shown>& shown)
      : table_({"", "#", "layout", "step", "tokens/s/GPU", "MFU", "peak GiB", "free GiB"}) {
    std::vector<Part> parts;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < shown.size(); ++i) {
      Part part = part_of(job, simulator, shown[i], i);
      const std::size_t size = part.answer.size() + part.section.size() + part.series.dump().size();
      if (!parts.empty() && bytes + size > kMostBytesOfParts) continue;
      bytes += size;
      parts.push_back(std::move(part));
    }
    std::stable_sort(parts.begin(), parts.end(), [](const Part& a, const Part& b) {
      return (a.shown.rank == 0) < (b.shown.rank == 0) ||
             (a.shown.rank == 0 && b.shown.rank == 0 && a.shown.place < b.shown.place);
    });
    for (Part& part : parts) {
      answers_ += part.answer;
      sections_ += part.section;
      series_.push_back(std::move(part.series));
      table_.add(part.row, part.row_attributes);
    }
  }

  [[nodiscard]] std::string table() const { return table_.html(); }
  [[nodiscard]] const std::string& answers() const { return answers_; }
  [[nodiscard]] const std::string& sections() const { return sections_; }
  [[nodiscard]] std::string series() const { return series_.dump(); }

 private:
  HtmlTable table_;
  std::string answers_;
  std::string sections_;
  Json series_ = Json::array();
};

std::string head_html(const ReportContent& content) {
  const sim::Job& job = content.job;
  const planner::Plan& plan = content.plan;
  const bool none_in_time = content.training != nullptr && content.training->none_in_time();
  const std::string answer = none_in_time          ? "No cluster is done in time"
                             : !plan.best.empty()  ? "Best layout"
                             : plan.evaluated == 0 ? "No layout is possible"
                                                   : "No layout fits";
  const std::string seen = fmt::format(
      "<p class=\"soft\">{}: {} possible, {} of them fit{}</p>", counted(plan.candidates, "layout"),
      sim::format_count(plan.evaluated), sim::format_count(plan.fitting),
      plan.interrupted ? "; the search was interrupted before it had seen all" : "");
  return fmt::format(
      "<header><h1>{}</h1>\n<p class=\"soft\">{}</p>\n{}</header>\n<h2 id=\"answer\">{}</h2>\n",
      html_escaped(job.name), html_escaped(job_text(job)), none_in_time ? "" : seen, answer);
}

std::string choice_html(const Layouts& layouts, const planner::Plan& plan) {
  if (plan.best.empty()) return "";
  return std::string(
             "<section id=\"front\"><h2>Less memory for more time</h2>\n"
             "<p class=\"soft\">The best layouts, and those that no other beats in both time "
             "and memory (the Pareto front).</p>\n"
             "<div class=\"script\"><p class=\"soft\">Point at a dot for its layout; click it, or "
             "a button of the table, and the whole page shows that layout. Arrow keys go from dot "
             "to "
             "dot.</p>\n<div class=\"chart\" id=\"pareto\" tabindex=\"0\" role=\"group\" "
             "aria-label=\"step time against peak memory; arrow keys choose\"></div></div>\n") +
         "<details id=\"layouts\"><summary>As a table</summary>\n" + layouts.table() +
         "</details></section>\n";
}

}  // namespace

std::string report_page(const ReportContent& content, sim::Simulator& simulator) {
  const sim::Job& job = content.job;
  const planner::Plan& plan = content.plan;
  const Layouts layouts(job, simulator, shown_of(plan));
  HtmlPage page;
  page.title = "seqspan: " + job.name;
  page.styles = std::string(assets::kStyles) + std::string(assets::kUplotStyles);
  page.body = head_html(content) + layouts.answers();
  if (content.training) page.body += training_html(job, *content.training);
  page.body += choice_html(layouts, plan) + layouts.sections() + why_html(job, plan) +
               groups_html(job, plan) + context_trade_html(job, plan) + rejections_html(job, plan);
  if (content.validation) page.body += validation_html(*content.validation);
  page.body += assumptions_html(job) + inputs_html(job);
  page.body += fmt::format(
      "<footer><p>seqspan {}. The same numbers for scripts: <code>seqspan plan {} --json</code>, "
      "with the options of this report</p>"
      "<details><summary>Charts by uPlot, under the MIT License</summary><pre>{}</pre></details>"
      "</footer>\n",
      config::kVersion, html_escaped(command_text(content.given)),
      html_escaped(assets::kUplotLicence));
  page.scripts = html_json("series", layouts.series()) +
                 html_json("capacity", fmt::format("{}", job.cluster.device.memory.value())) +
                 "<script>" + std::string(assets::kUplotScript) + "</script>\n<script>" +
                 std::string(assets::kReportScript) + "</script>\n";
  return html_page(page);
}

}  // namespace seqspan::cli
