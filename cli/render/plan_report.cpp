#include "cli/render/plan_report.hpp"

#include <fmt/format.h>

#include <optional>

#include "cli/render/alternative_text.hpp"
#include "cli/render/answer.hpp"
#include "cli/render/groups_section.hpp"
#include "cli/render/layout_choice.hpp"
#include "cli/render/quantity.hpp"
#include "cli/render/sections.hpp"
#include "cli/render/table.hpp"
#include "cli/render/text.hpp"
#include "sim/layout/legality.hpp"
#include "sim/layout/resolve.hpp"
#include "sim/units/format_units.hpp"

namespace seqspan::cli {
namespace {

const planner::Rejection* does_not_fit(const planner::Plan& plan) {
  for (const planner::Rejection& rejection : plan.rejected) {
    if (rejection.code == sim::ReasonCode::kDoesNotFit) return &rejection;
  }
  return nullptr;
}

// Where the job's own layout keys leave nothing to choose from: the rule that they break.
std::optional<sim::ReasonCode> rule_that_leaves_nothing(const sim::Job& job,
                                                        const planner::Plan& plan) {
  if (plan.candidates > 0) return std::nullopt;
  return sim::broken_rule(job, sim::resolve(job, job.layout));
}

std::string ranking(const Style& style, const sim::Job& job, const planner::Plan& plan) {
  if (plan.best.empty()) return {};
  Table table({{"#", Align::kRight},
               {"layout", Align::kLeft, true},
               {"step", Align::kRight},
               {"tokens/s/GPU", Align::kRight},
               {"MFU", Align::kRight},
               {"peak GiB", Align::kRight},
               {"free GiB", Align::kRight}});
  std::size_t rank = 0;
  for (const planner::RankedLayout& ranked : plan.best) {
    const sim::Simulation& simulation = ranked.simulation;
    table.add({fmt::format("{}", ++rank), short_layout(job, simulation.layout),
               sim::format_time(simulation.time.step), rate(simulation.tokens_per_gpu_per_second),
               percent(simulation.mfu), gib_number(simulation.peak.peak),
               gib_number(simulation.capacity - simulation.peak.peak)});
    std::string note = "bound by " + words(name_of(simulation.bound));
    if (!ranked.loses.empty()) note += "; " + words(ranked.loses);
    table.note(std::move(note));
  }
  return heading(style, plan.objective == planner::Objective::kStepTime
                            ? "Fastest layouts"
                            : "Layouts with the most memory left") +
         table.text(style);
}

std::string why(const Style& style, const sim::Job& job, const planner::Plan& plan) {
  if (plan.why.empty()) return {};
  Table table({{"key", Align::kLeft},
               {"instead", Align::kLeft},
               {"peak GiB", Align::kRight},
               {"", Align::kLeft, true}});
  std::string key;
  for (const planner::Alternative& alternative : plan.why) {
    const bool is_next = alternative.key != key;
    key = alternative.key;
    const bool has_peak =
        !alternative.refused || *alternative.refused == sim::ReasonCode::kDoesNotFit;
    table.add({is_next ? alternative.key + "=" + alternative.value : "", alternative.instead,
               has_peak ? gib_number(alternative.peak) : "", alternative_text(job, alternative)});
  }
  return heading(style, "Why this one: each key changed alone") + table.text(style);
}

// Which points of the front to show: each with at least 2 % of a GPU less than the one before, and
// the last.
std::vector<const planner::Candidate*> telling(const sim::Job& job, const planner::Plan& plan) {
  const sim::Bytes least = job.cluster.device.memory / 50;
  std::vector<const planner::Candidate*> shown;
  for (const planner::Candidate& candidate : plan.pareto) {
    const bool last = &candidate == &plan.pareto.back();
    if (shown.empty() || last ||
        shown.back()->evaluation.peak - candidate.evaluation.peak >= least) {
      shown.push_back(&candidate);
    }
  }
  return shown;
}

std::string pareto(const Style& style, const sim::Job& job, const planner::Plan& plan) {
  if (plan.pareto.size() < 2) return {};
  Table table({{"layout", Align::kLeft, true},
               {"step", Align::kRight},
               {"slower", Align::kRight},
               {"peak GiB", Align::kRight}});
  const sim::Seconds fastest = plan.pareto.front().evaluation.step;
  const std::vector<const planner::Candidate*> shown = telling(job, plan);
  for (const planner::Candidate* candidate : shown) {
    const double slower = candidate->evaluation.step / fastest - 1;
    table.add({short_layout(job, candidate->layout), sim::format_time(candidate->evaluation.step),
               percent(slower), gib_number(candidate->evaluation.peak)});
  }
  std::string text = heading(style, "Less memory for more time (Pareto front)") + table.text(style);
  if (const std::size_t rest = plan.pareto.size() - shown.size(); rest > 0) {
    text += fmt::format("  and {} between them that save less than 2 % (--json has all)\n", rest);
  }
  return text;
}

std::string example_of(const sim::Job& job, const planner::Rejection& rejection) {
  const std::string layout = short_layout(job, rejection.example);
  if (rejection.code != sim::ReasonCode::kDoesNotFit) {
    return layout + ": " + sim::describe(rejection.code, job, rejection.example);
  }
  return fmt::format("the closest, {}: over by {}", layout,
                     sim::format_bytes(rejection.example_peak - job.cluster.device.memory));
}

std::string rejections(const Style& style, const sim::Job& job, const planner::Plan& plan) {
  if (plan.rejected.empty()) return {};
  Table table({{"layouts", Align::kRight}, {"reason", Align::kLeft}});
  for (const planner::Rejection& rejection : plan.rejected) {
    table.add(
        {sim::format_count(rejection.count), std::string(sim::facts_of(rejection.code).name)});
    table.note(example_of(job, rejection));
  }
  return heading(style, "Refused") + table.text(style);
}

}  // namespace

std::string plan_answer(const Style& style, const sim::Job& job, const planner::Plan& plan) {
  std::string text;
  if (!plan.best.empty()) {
    const sim::Simulation& best = plan.best.front().simulation;
    text =
        headline(style, "Best: " + short_layout(job, best.layout), best.peak.peak, best.capacity);
    text += paragraph("", speed_text(best), style.width);
  } else if (const planner::Rejection* closest = does_not_fit(plan)) {
    text = bold(style, "No layout fits.") + "\n";
    text += headline(style, "Closest: " + short_layout(job, closest->example),
                     closest->example_peak, job.cluster.device.memory);
  } else {
    text = bold(style, "No layout is possible.") + "\n";
    if (const auto code = rule_that_leaves_nothing(job, plan)) {
      text += paragraph("", sim::describe(*code, job, sim::resolve(job, job.layout)), style.width);
    }
  }
  text += dim(style, paragraph("", job_text(job), style.width));
  text += dim(
      style,
      paragraph("",
                fmt::format("{}: {} possible, {} of them fit", counted(plan.candidates, "layout"),
                            sim::format_count(plan.evaluated), sim::format_count(plan.fitting)),
                style.width));
  return text;
}

std::string plan_report(const Style& style, const sim::Job& job, const planner::Plan& plan) {
  std::string text = plan_answer(style, job, plan);
  text += ranking(style, job, plan);
  text += why(style, job, plan);
  text += groups_section(style, job, plan);
  if (!plan.best.empty()) {
    const sim::Simulation& best = plan.best.front().simulation;
    text += memory_section(style, best);
    text += exposed_section(style, best);
  }
  text += context_trade_section(style, job, plan.by_context);
  text += pareto(style, job, plan);
  text += rejections(style, job, plan);
  return text;
}

std::string next_commands(const Style& style, const sim::Job& job, const planner::Plan& plan,
                          const std::string& job_words) {
  const planner::Rejection* closest = does_not_fit(plan);
  std::string text;
  if (!plan.best.empty() || closest != nullptr) {
    const sim::Layout& layout =
        plan.best.empty() ? closest->example : plan.best.front().simulation.layout;
    const std::string command = "  seqspan simulate " + job_words;
    const std::string option = "--layout " + short_layout(job, layout);
    const bool one_line = command.size() + 1 + option.size() <= style.width;
    text += command + (one_line ? " " : " \\\n    ") + option + "\n";
  }
  std::optional<sim::ReasonCode> code = rule_that_leaves_nothing(job, plan);
  if (!plan.rejected.empty()) code = plan.rejected.front().code;
  if (code) text += fmt::format("  seqspan explain {}\n", sim::facts_of(*code).name);
  return text.empty() ? text : "\nNext:\n" + text;
}

}  // namespace seqspan::cli
