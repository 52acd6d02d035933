#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "cli/render/answer.hpp"
#include "cli/render/bar.hpp"
#include "cli/render/kv_replication.hpp"
#include "cli/render/quantity.hpp"
#include "cli/render/sections.hpp"
#include "cli/render/table.hpp"
#include "cli/render/text.hpp"
#include "sim/errors/quote.hpp"
#include "sim/units/format_units.hpp"

namespace seqspan::cli {
namespace {

std::size_t time_bar_columns(const Style& style) { return (style.width - 50) * 2 / 3; }

// "NIC node3.nic5 (25 GB/s; the others 50 GB/s)"
std::string bound_link_text(const sim::TrafficRow& row) {
  if (!row.bound_link) return row.bound;
  const sim::BoundLink& link = *row.bound_link;
  std::string text =
      fmt::format("{} {} ({}", row.bound, link.name, sim::format_bandwidth(link.bandwidth));
  if (link.bandwidth != link.others) {
    text += fmt::format("; the others {}", sim::format_bandwidth(link.others));
  } else {
    text += fmt::format(", as the others, with {:.3g} times their traffic", link.load);
  }
  return text + ")";
}

// What the communication that compute waits for longest waits for itself.
std::string held_back_text(const Style& style, const sim::Simulation& simulation) {
  const auto& exposed = simulation.exposed.by_axis;
  const auto longest = std::max_element(exposed.begin(), exposed.end());
  const auto axis = static_cast<sim::Axis>(longest - exposed.begin());
  const sim::TrafficRow* slowest = nullptr;
  const auto weight = [](const sim::TrafficRow& row) {
    return std::pair(row.exposed_seconds, static_cast<double>(row.count) * row.seconds);
  };
  for (const sim::TrafficRow& row : simulation.traffic) {
    if (row.axis != axis || row.seconds <= sim::Seconds(0)) continue;
    if (slowest == nullptr || weight(row) > weight(*slowest)) slowest = &row;
  }
  if (*longest <= sim::Seconds(0) || slowest == nullptr) return "";
  return paragraph("  ",
                   fmt::format("{} is held back by: {}", name_of(axis), bound_link_text(*slowest)),
                   style.width);
}

// A star where the time was measured.
std::string bound_text(const sim::TrafficRow& row) {
  const bool measured = row.timed_by != sim::TimedBy::kModel;
  const std::string link = row.bound_link ? " " + row.bound_link->name : "";
  return row.bound + link + (measured ? " *" : "");
}

}  // namespace

std::string time_section(const Style& style, const sim::Simulation& simulation) {
  const sim::Seconds step = simulation.time.step;
  Table table({{"", Align::kLeft}, {"", Align::kRight}, {"", Align::kRight}, {"", Align::kLeft}});
  for (std::size_t i = 0; i < sim::kStepBoundCount; ++i) {
    const sim::Seconds share = simulation.shares[i];
    if (share.value() == 0) continue;
    table.add({words(name_of(static_cast<sim::StepBound>(i))), sim::format_time(share),
               percent(share / step), bar(style, share / step, time_bar_columns(style))});
  }
  return heading(style, fmt::format("Time of a step: {}, micro-batches: {}", sim::format_time(step),
                                    sim::format_count(simulation.micro_batches))) +
         table.text(style);
}

std::string exposed_section(const Style& style, const sim::Simulation& simulation) {
  Table table({{"", Align::kLeft}, {"", Align::kRight}, {"", Align::kRight}, {"", Align::kLeft}});
  for (std::size_t i = 0; i < sim::kAxisCount; ++i) {
    const sim::Seconds time = simulation.exposed.by_axis[i];
    if (time.value() == 0) continue;
    const double share = time / simulation.time.step;
    table.add({name_of(static_cast<sim::Axis>(i)), sim::format_time(time), percent(share),
               bar(style, share, time_bar_columns(style))});
  }
  std::string text = heading(style, "Communication that compute waits for");
  text += table.empty() ? "  none\n" : table.text(style) + held_back_text(style, simulation);
  return text + kv_replication_text(style, simulation);
}

std::string traffic_section(const Style& style, const sim::Simulation& simulation) {
  if (simulation.traffic.empty()) return {};
  // A narrow terminal needs the room of one column for the names.
  Table table({{"op", Align::kLeft, true},
               {"axis", Align::kLeft},
               {"count", Align::kRight},
               {"sent/GPU", Align::kRight},
               {"message", Align::kRight, false, true},
               {"time", Align::kRight},
               {"exposed", Align::kRight},
               {"bound", Align::kLeft}});
  for (std::size_t i = 0; i < sim::kPassCount; ++i) {
    const auto pass = static_cast<sim::Pass>(i);
    bool titled = false;
    for (const sim::TrafficRow& row : simulation.traffic) {
      if (row.pass != pass) continue;
      if (!titled) table.section(name_of(pass));
      titled = true;
      table.add({row.op, fmt::format("{} {}", name_of(row.axis), row.group_size),
                 sim::format_count(row.count), sim::format_bytes(row.bytes_sent_per_gpu),
                 sim::format_bytes(row.message_bytes), sim::format_time(row.seconds),
                 sim::format_time(row.exposed_seconds), bound_text(row)});
    }
  }
  return heading(style, "Traffic of one GPU") + table.text(style) +
         paragraph("  ",
                   std::string("count and exposed are of a step; the rest is of one execution") +
                       (style.width >= kWidest ? "" : "; message sizes: --json, or 100 columns"),
                   style.width);
}

std::string host_section(const Style& style, const sim::Simulation& simulation) {
  if (simulation.host.empty()) return {};
  Table table({{"op", Align::kLeft, true},
               {"", Align::kLeft},
               {"count", Align::kRight},
               {"bytes", Align::kRight},
               {"time", Align::kRight},
               {"exposed", Align::kRight}});
  for (const sim::HostRow& row : simulation.host) {
    table.add({row.op, row.way, sim::format_count(row.count), sim::format_bytes(row.bytes),
               sim::format_time(row.seconds),
               row.exposed ? sim::format_time(*row.exposed) : "in optimizer"});
  }
  return heading(style, "Host of one GPU") + table.text(style) +
         paragraph("  ", "count and exposed are of a step; the rest is of one execution",
                   style.width);
}

std::string measured_text(const Style& style, const sim::Job& job,
                          const sim::Simulation& simulation) {
  const std::string profile = sim::printable(job.cluster.measured_by);
  if (profile.empty() || simulation.traffic.empty()) return {};
  const auto any = [&](sim::TimedBy by) {
    return std::any_of(simulation.traffic.begin(), simulation.traffic.end(),
                       [by](const sim::TrafficRow& row) { return row.timed_by == by; });
  };
  if (any(sim::TimedBy::kSibling)) {
    return paragraph("  ",
                     fmt::format("* as measured in {}, where an all-gather stands for the "
                                 "reduce-scatter of its group, or the other way round; the rest "
                                 "is modelled",
                                 profile),
                     style.width);
  }
  if (any(sim::TimedBy::kMeasurement)) {
    return paragraph("  ", fmt::format("* as measured in {}; the rest is modelled", profile),
                     style.width);
  }
  return paragraph("  ", fmt::format("all modelled: {} has none of these groups", profile),
                   style.width);
}

}  // namespace seqspan::cli
