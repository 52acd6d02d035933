#include "cli/render/plan_summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "cli/render/answer.hpp"
#include "cli/render/bar.hpp"
#include "cli/render/layout_choice.hpp"
#include "cli/render/plan_report.hpp"
#include "cli/render/quantity.hpp"
#include "cli/render/table.hpp"
#include "cli/render/text.hpp"
#include "sim/layout/reason_code.hpp"
#include "sim/units/format_units.hpp"

namespace seqspan::cli {
namespace {

// How many layouts, and how many shares of time and of memory: names of layouts take more lines on
// a narrow screen.
std::size_t shown(const Style& style) { return style.width < kWidest ? 2 : 3; }

constexpr std::size_t kSmallBar = 8;
constexpr std::size_t kBar = 20;

// The fastest, time as a part of the slowest shown and memory of the capacity.
std::string layouts_text(const Style& style, const sim::Job& job, const planner::Plan& plan) {
  Table table({{"#", Align::kRight},
               {"layout", Align::kLeft, true},
               {"step", Align::kRight},
               {"", Align::kLeft},
               {"GiB", Align::kRight},
               {"", Align::kLeft}});
  const std::size_t count = std::min(shown(style), plan.best.size());
  sim::Seconds slowest(0);
  for (std::size_t i = 0; i < count; ++i) {
    slowest = std::max(slowest, plan.best[i].simulation.time.step);
  }
  for (std::size_t i = 0; i < count; ++i) {
    const sim::Simulation& simulation = plan.best[i].simulation;
    const double memory = static_cast<double>(simulation.peak.peak.value()) /
                          static_cast<double>(simulation.capacity.value());
    table.add({fmt::format("{}", i + 1), short_layout(job, simulation.layout),
               sim::format_time(simulation.time.step),
               bar(style, simulation.time.step / slowest, kSmallBar),
               gib_number(simulation.peak.peak), bar(style, memory, kSmallBar)});
  }
  return table.text(style);
}

using Share = std::pair<std::string, double>;

// The largest of them.
std::string shares_text(const Style& style, const std::string& title, std::vector<Share> shares) {
  std::stable_sort(shares.begin(), shares.end(),
                   [](const Share& a, const Share& b) { return a.second > b.second; });
  Table table({{title}, {"", Align::kRight}, {""}});
  for (std::size_t i = 0; i < std::min(shown(style), shares.size()); ++i) {
    table.add({shares[i].first, percent(shares[i].second), bar(style, shares[i].second, kBar)});
  }
  return table.text(style);
}

std::string shares_of(const Style& style, const sim::Simulation& best) {
  std::vector<Share> time;
  for (std::size_t i = 0; i < sim::kStepBoundCount; ++i) {
    time.emplace_back(words(name_of(static_cast<sim::StepBound>(i))),
                      best.shares[i] / best.time.step);
  }
  std::vector<Share> memory;
  for (std::size_t i = 0; i < sim::kMemoryRoleCount; ++i) {
    memory.emplace_back(words(name_of(static_cast<sim::MemoryRole>(i))),
                        static_cast<double>(best.peak.by_role[i].value()) /
                            static_cast<double>(best.capacity.value()));
  }
  return shares_text(style, "time of the step", std::move(time)) +
         shares_text(style, "memory of the GPU", std::move(memory));
}

std::string documents_text(const Style& style, const sim::Simulation& best) {
  if (!best.documents) return {};
  const sim::Seconds imbalance = best.time.imbalance;
  return paragraph("",
                   fmt::format("documents: the step is an expectation, +- {}; imbalance is {} of "
                               "it ({})",
                               sim::format_time(best.documents->confidence),
                               sim::format_time(imbalance), percent(imbalance / best.time.step)),
                   style.width);
}

std::string refused_text(const Style& style, const planner::Plan& plan) {
  if (plan.rejected.empty()) return {};
  const planner::Rejection& most = plan.rejected.front();
  const std::int64_t all = std::accumulate(
      plan.rejected.begin(), plan.rejected.end(), std::int64_t{0},
      [](std::int64_t sum, const planner::Rejection& rejection) { return sum + rejection.count; });
  return paragraph("",
                   fmt::format("refused: {}, of them {} for {}", counted(all, "layout"),
                               sim::format_count(most.count), sim::facts_of(most.code).name),
                   style.width);
}

}  // namespace

std::string plan_summary(const Style& style, const sim::Job& job, const planner::Plan& plan) {
  std::string text = plan_answer(style, job, plan);
  if (!plan.best.empty()) {
    text += "\n" + layouts_text(style, job, plan) + "\n" +
            shares_of(style, plan.best.front().simulation) +
            documents_text(style, plan.best.front().simulation);
  }
  return text + refused_text(style, plan);
}

}  // namespace seqspan::cli
