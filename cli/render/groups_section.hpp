// How else the GPUs that share a sequence could share it, and what grouped KV heads cost each way.
#pragma once

#include <string>
#include <vector>

#include "cli/render/style.hpp"
#include "planner/plan.hpp"

namespace seqspan::cli {

// What is shown of them: the fastest, and one example of each rule that refuses others.
struct GroupTable {
  struct Row {
    const planner::GroupChoice* choice;  // of the plan
    bool measured = false;               // has bytes sent and a peak
    std::string degrees;                 // "tp=2,ulysses=4"
    std::string verdict;                 // "chosen", "1.2 % slower", "over by 3.1 GiB", "refused"
    std::string reason;                  // why a rule refuses it
  };
  std::string title;
  std::vector<Row> rows;
  std::size_t left_out = 0;
};
// Without rows where one GPU has the sequence. The plan outlives it.
[[nodiscard]] GroupTable group_table(const sim::Job& job, const planner::Plan& plan);

// Empty where one GPU has the sequence.
[[nodiscard]] std::string groups_section(const Style& style, const sim::Job& job,
                                         const planner::Plan& plan);

}  // namespace seqspan::cli
