// The parts of a report. Each starts with its heading and is empty where there is nothing to say.
#pragma once

#include <string>
#include <vector>

#include "cli/render/style.hpp"
#include "planner/plan.hpp"
#include "sim/engine/simulator.hpp"

namespace seqspan::cli {

// What fills a GPU at its peak, with bars against its memory.
[[nodiscard]] std::string memory_section(const Style& style, const sim::Simulation& simulation);
// Pipelines only: the peak of every stage.
[[nodiscard]] std::string stage_section(const Style& style, const sim::Simulation& simulation);
[[nodiscard]] std::string largest_section(const Style& style, const sim::Simulation& simulation);

// What the step's time goes to.
[[nodiscard]] std::string time_section(const Style& style, const sim::Simulation& simulation);
// Communication that compute waits for, by axis, and what KV replication adds.
[[nodiscard]] std::string exposed_section(const Style& style, const sim::Simulation& simulation);
[[nodiscard]] std::string traffic_section(const Style& style, const sim::Simulation& simulation);
// Copies to and from the host and what it computes; empty where nothing is offloaded.
[[nodiscard]] std::string host_section(const Style& style, const sim::Simulation& simulation);
// With documents: what they are, what their unevenness costs, and the same with rows assigned in
// other ways.
[[nodiscard]] std::string document_section(const Style& style, const sim::Job& job,
                                           const sim::Simulation& simulation);
// The fastest layout of each context parallel size, and what of its step is imbalance.
[[nodiscard]] std::string context_trade_section(const Style& style, const sim::Job& job,
                                                const std::vector<planner::Candidate>& choices);
// Which of that was timed by a measurement; empty where the cluster names none.
[[nodiscard]] std::string measured_text(const Style& style, const sim::Job& job,
                                        const sim::Simulation& simulation);

}  // namespace seqspan::cli
