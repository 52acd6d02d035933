#include "cli/render/document_facts.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/render/quantity.hpp"
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

std::vector<DocumentFact> document_facts(const sim::Job& job, const sim::Simulation& simulation) {
  if (!simulation.documents) return {};
  const sim::DocumentReport& report = *simulation.documents;
  const sim::Documents& documents = *job.training.documents;
  const sim::RowPoolFacts& rows = report.rows;
  const sim::Seconds step = simulation.time.step;
  std::vector<DocumentFact> facts;
  facts.push_back({"documents", fmt::format("{}, {}", sim::to_text(documents.lengths),
                                            documents.packing == sim::Packing::kWhole
                                                ? "kept whole"
                                                : "end to end, cut at the end of a row")});
  facts.push_back(
      {"a row", fmt::format("{:.1f} of them, the longest {} of it; padding {}", rows.documents,
                            percent(rows.longest), percent(1 - rows.tokens))});
  facts.push_back(
      {"its attention", fmt::format("{} of that of one document, {} to {} in nine rows of ten",
                                    percent(rows.mean), percent(rows.low), percent(rows.high))});
  if (has_groups(job)) {
    facts.push_back({"shared out", groups_text(job, simulation.layout)});
  } else {
    facts.push_back({"shared out", split_text(report)});
    facts.push_back({"heaviest rank", rank_text(simulation, report)});
  }
  facts.push_back(
      {"expected step",
       fmt::format("{} +- {} (95 % confidence, {} steps drawn, seed {})", sim::format_time(step),
                   sim::format_time(report.confidence),
                   sim::format_count(has_groups(job) ? std::min(report.steps, sim::kMostSequences)
                                                     : report.steps),
                   documents.seed)});
  return facts;
}

std::vector<AssignmentCost> assignment_costs(const sim::Job& job,
                                             const sim::Simulation& simulation) {
  if (!simulation.documents) return {};
  std::vector<AssignmentCost> costs;
  for (const sim::DocumentReport::Policy& policy : simulation.documents->policies) {
    const bool chosen = policy.assignment == job.training.documents->assignment && !has_groups(job);
    costs.push_back({words(name_of(policy.assignment)), chosen, policy.step, policy.imbalance});
  }
  if (const auto& groups = simulation.documents->groups) {
    costs.push_back({"groups per document", has_groups(job), groups->step, groups->imbalance});
  }
  return costs;
}

}  // namespace seqspan::cli
