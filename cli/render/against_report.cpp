#include "cli/render/against_report.hpp"

#include <fmt/format.h>

#include "cli/render/answer.hpp"
#include "cli/render/layout_choice.hpp"
#include "cli/render/quantity.hpp"
#include "cli/render/table.hpp"
#include "cli/render/text.hpp"
#include "planner/compare.hpp"
#include "sim/units/format_units.hpp"

namespace seqspan::cli {
namespace {

// Sums in another order differ in their last digits: that is no difference.
std::string difference(sim::Seconds first, sim::Seconds second) {
  constexpr sim::Seconds kNothing(1e-9);
  if (first - second < kNothing && second - first < kNothing) return "";
  return first < second ? "-" + sim::format_time(second - first)
                        : "+" + sim::format_time(first - second);
}

std::string difference(sim::Bytes first, sim::Bytes second) {
  if (first == second) return "";
  return first < second ? "-" + gib_number(second - first) : "+" + gib_number(first - second);
}

Table columns(const char* unit) {
  return Table({{"", Align::kLeft},
                {std::string("first") + unit, Align::kRight},
                {std::string("second") + unit, Align::kRight},
                {"difference", Align::kRight}});
}

std::string times(const sim::Simulation& first, const sim::Simulation& second, const Style& style) {
  Table table = columns("");
  for (std::size_t i = 0; i < sim::kStepBoundCount; ++i) {
    if (first.shares[i] == sim::Seconds(0) && second.shares[i] == sim::Seconds(0)) continue;
    table.add({words(name_of(static_cast<sim::StepBound>(i))), sim::format_time(first.shares[i]),
               sim::format_time(second.shares[i]), difference(first.shares[i], second.shares[i])});
  }
  table.add({"step", sim::format_time(first.time.step), sim::format_time(second.time.step),
             difference(first.time.step, second.time.step)});
  return heading(style, "Time of a step") + table.text(style);
}

std::string memory(const sim::Simulation& first, const sim::Simulation& second,
                   const Style& style) {
  Table table = columns(" GiB");
  for (std::size_t i = 0; i < sim::kMemoryRoleCount; ++i) {
    const sim::Bytes a = first.peak.by_role[i];
    const sim::Bytes b = second.peak.by_role[i];
    if (a.value() == 0 && b.value() == 0) continue;
    table.add({words(name_of(static_cast<sim::MemoryRole>(i))), gib_number(a), gib_number(b),
               difference(a, b)});
  }
  table.add({"peak", gib_number(first.peak.peak), gib_number(second.peak.peak),
             difference(first.peak.peak, second.peak.peak)});
  return heading(style, "Memory per GPU") + table.text(style);
}

// What one GPU sends in a step, axis by axis.
std::string traffic(const sim::Simulation& first, const sim::Simulation& second,
                    const Style& style) {
  const auto sent = [](const sim::Simulation& simulation, std::size_t axis) {
    sim::Bytes bytes;
    for (const sim::TrafficRow& row : simulation.traffic) {
      if (static_cast<std::size_t>(row.axis) == axis) bytes += row.bytes_sent_per_gpu * row.count;
    }
    return bytes;
  };
  Table table = columns(" GiB");
  for (std::size_t axis = 0; axis < sim::kAxisCount; ++axis) {
    const sim::Bytes a = sent(first, axis);
    const sim::Bytes b = sent(second, axis);
    if (a.value() == 0 && b.value() == 0) continue;
    table.add(
        {name_of(static_cast<sim::Axis>(axis)), gib_number(a), gib_number(b), difference(a, b)});
  }
  return table.empty() ? "" : heading(style, "Sent by one GPU in a step") + table.text(style);
}

std::string verdict(const sim::Simulation& first, const sim::Simulation& second) {
  if (first.time.step == second.time.step) return "both take the same time";
  return first.time.step > second.time.step
             ? "the first is " + words(planner::loss_against(second, first))
             : "the second is " + words(planner::loss_against(first, second));
}

}  // namespace

std::string against_report(const Style& style, const sim::Job& job, const sim::Simulation& first,
                           const sim::Simulation& second) {
  const auto line = [&](const char* which, const sim::Simulation& simulation) {
    return headline(style, std::string(which) + short_layout(job, simulation.layout),
                    simulation.peak.peak, simulation.capacity);
  };
  std::string text = line("first:  ", first) + line("second: ", second);
  text += paragraph("", verdict(first, second), style.width);
  text += dim(style, paragraph("", job_text(job), style.width));
  return text + times(first, second, style) + memory(first, second, style) +
         traffic(first, second, style);
}

}  // namespace seqspan::cli
