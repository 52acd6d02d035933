#include <fmt/format.h>

#include "cli/render/answer.hpp"
#include "cli/render/document_facts.hpp"
#include "cli/render/layout_choice.hpp"
#include "cli/render/quantity.hpp"
#include "cli/render/sections.hpp"
#include "cli/render/table.hpp"
#include "cli/render/text.hpp"
#include "sim/units/format_units.hpp"

namespace seqspan::cli {

std::string document_section(const Style& style, const sim::Job& job,
                             const sim::Simulation& simulation) {
  if (!simulation.documents) return {};
  Table facts({{"", Align::kLeft}, {"", Align::kLeft, true}});
  for (const DocumentFact& fact : document_facts(job, simulation)) facts.add({fact.of, fact.said});
  Table costs({{"assignment of rows", Align::kLeft},
               {"step", Align::kRight},
               {"imbalance", Align::kRight},
               {"", Align::kRight}});
  for (const AssignmentCost& cost : assignment_costs(job, simulation)) {
    costs.add({cost.name + (cost.chosen ? " *" : ""), sim::format_time(cost.step),
               sim::format_time(cost.imbalance), percent(cost.imbalance / cost.step)});
  }
  return heading(style, "Documents of different lengths") + facts.text(style) + "\n" +
         costs.text(style) + paragraph("  ", kChosenAssignment, style.width);
}

std::string context_trade_section(const Style& style, const sim::Job& job,
                                  const std::vector<planner::Candidate>& choices) {
  if (choices.empty()) return {};
  Table table({{"cp", Align::kRight},
               {"dp", Align::kRight},
               {"fastest layout", Align::kLeft, true},
               {"step", Align::kRight},
               {"imbalance", Align::kRight},
               {"without", Align::kRight}});
  for (const planner::Candidate& choice : choices) {
    const sim::Evaluation& evaluation = choice.evaluation;
    table.add({fmt::format("{}", choice.layout.cp()), fmt::format("{}", choice.layout.dp),
               short_layout(job, choice.layout), sim::format_time(evaluation.step),
               sim::format_time(evaluation.imbalance),
               sim::format_time(evaluation.step - evaluation.imbalance)});
  }
  return heading(style, kContextTradeTitle) + table.text(style);
}

}  // namespace seqspan::cli
