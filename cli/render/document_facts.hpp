// What a simulation says of documents of different lengths, in words; text and pages show it alike.
// All is empty for a job without documents.
#pragma once

#include <string>
#include <vector>

#include "sim/engine/simulator.hpp"
#include "sim/spec/job.hpp"

namespace seqspan::cli {

struct DocumentFact {
  std::string of;  // "a row"
  std::string said;
};
// What they are, how they are shared out, how uneven that is and how well the step is known.
[[nodiscard]] std::vector<DocumentFact> document_facts(const sim::Job& job,
                                                       const sim::Simulation& simulation);

// The same rows and layout, assigned to data parallel ranks in another way.
struct AssignmentCost {
  std::string name;
  bool chosen = false;  // as the job has it
  sim::Seconds step;
  sim::Seconds imbalance;
};
[[nodiscard]] std::vector<AssignmentCost> assignment_costs(const sim::Job& job,
                                                           const sim::Simulation& simulation);

// Below a table of them, for what is marked as chosen.
constexpr const char* kChosenAssignment =
    "* as this job has it (training.documents.assignment, context_parallel)";
constexpr const char* kContextTradeTitle =
    "Documents: larger context parallel groups, fewer ranks that wait";

}  // namespace seqspan::cli
