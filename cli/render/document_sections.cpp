#include <fmt/format.h>

#include "cli/render/answer.hpp"
#include "cli/render/layout_choice.hpp"
#include "cli/render/quantity.hpp"
#include "cli/render/sections.hpp"
#include "cli/render/table.hpp"
#include "cli/render/text.hpp"
#include "sim/units/format_units.hpp"

namespace seqspan::cli {
namespace {

std::string split_text(const sim::DocumentReport& report) {
  if (report.split == sim::DocumentSplit::kWholeRow) {
    return report.rows.ring_imbalance > 1
               ? fmt::format("the row over the ring: its busiest rank has {:.2f} x the mean",
                             report.rows.ring_imbalance)
               : "the row is shared evenly";
  }
  return report.multiple > 1 ? fmt::format(
                                   "each document over the context parallel group, padded "
                                   "to a multiple of {} tokens",
                                   sim::format_count(report.multiple))
                             : "nothing: there is no context parallelism";
}

bool has_groups(const sim::Job& job) {
  return job.training.documents->context_parallel == sim::DocumentGroups::kPerDocument;
}

std::string groups_text(const sim::Job& job, const sim::Layout& layout) {
  return fmt::format("each document over as few of {} ranks as hold it, up to {} tokens in each",
                     layout.cp() * layout.dp,
                     sim::format_count(job.training.sequence_length / layout.cp()));
}

std::string rank_text(const sim::Simulation& simulation, const sim::DocumentReport& report) {
  if (simulation.layout.dp == 1) return "one data parallel rank, which waits for no other";
  std::string text = fmt::format("{:.2f} x the mean of {} data parallel ranks",
                                 report.rank_imbalance, simulation.layout.dp);
  if (report.lockstep == simulation.layout.dp) {
    return text + ", which wait for each other in every micro-batch";
  }
  text += ", which wait for each other at the end of a step";
  if (report.lockstep > 1) {
    text += fmt::format(", and {} of them in every micro-batch", report.lockstep);
  }
  return text;
}

}  // namespace

std::string document_section(const Style& style, const sim::Job& job,
                             const sim::Simulation& simulation) {
  if (!simulation.documents) return {};
  const sim::DocumentReport& report = *simulation.documents;
  const sim::Documents& documents = *job.training.documents;
  const sim::RowPoolFacts& rows = report.rows;
  const sim::Seconds step = simulation.time.step;
  Table facts({{"", Align::kLeft}, {"", Align::kLeft, true}});
  facts.add({"documents", fmt::format("{}, {}", sim::to_text(documents.lengths),
                                      documents.packing == sim::Packing::kWhole
                                          ? "kept whole"
                                          : "end to end, cut at the end of a row")});
  facts.add(
      {"a row", fmt::format("{:.1f} of them, the longest {} of it; padding {}", rows.documents,
                            percent(rows.longest), percent(1 - rows.tokens))});
  facts.add(
      {"its attention", fmt::format("{} of that of one document, {} to {} in nine rows of ten",
                                    percent(rows.mean), percent(rows.low), percent(rows.high))});
  if (has_groups(job)) {
    facts.add({"shared out", groups_text(job, simulation.layout)});
  } else {
    facts.add({"shared out", split_text(report)});
    facts.add({"heaviest rank", rank_text(simulation, report)});
  }
  facts.add(
      {"expected step",
       fmt::format("{} +- {} (95 % confidence, {} steps drawn, seed {})", sim::format_time(step),
                   sim::format_time(report.confidence),
                   sim::format_count(has_groups(job) ? std::min(report.steps, sim::kMostSequences)
                                                     : report.steps),
                   documents.seed)});
  Table policies({{"assignment of rows", Align::kLeft},
                  {"step", Align::kRight},
                  {"imbalance", Align::kRight},
                  {"", Align::kRight}});
  for (const sim::DocumentReport::Policy& policy : report.policies) {
    const bool is_chosen = policy.assignment == documents.assignment && !has_groups(job);
    policies.add({words(name_of(policy.assignment)) + (is_chosen ? " *" : ""),
                  sim::format_time(policy.step), sim::format_time(policy.imbalance),
                  percent(policy.imbalance / policy.step)});
  }
  if (report.groups) {
    policies.add({std::string("groups per document") + (has_groups(job) ? " *" : ""),
                  sim::format_time(report.groups->step), sim::format_time(report.groups->imbalance),
                  percent(report.groups->imbalance / report.groups->step)});
  }
  return heading(style, "Documents of different lengths") + facts.text(style) + "\n" +
         policies.text(style) +
         paragraph("  ", "* as this job has it (training.documents.assignment, context_parallel)",
                   style.width);
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
  return heading(style, "Documents: larger context parallel groups, fewer ranks that wait") +
         table.text(style);
}

}  // namespace seqspan::cli
