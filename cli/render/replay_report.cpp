#include "cli/render/replay_report.hpp"

#include <fmt/format.h>

#include "cli/render/table.hpp"
#include "cli/render/text.hpp"

namespace seqspan::cli {
namespace {

using profiles::Replay;
using profiles::ReplayComparison;
using profiles::ReplayedRow;

std::string job_text(const profiles::ReplayRow& row) {
  return fmt::format("{} x {}", row.sequence_length, row.global_batch_size);
}

std::string rows_text(const Style& style, const Replay& replay) {
  Table table({{"tokens x batch", Align::kRight},
               {"layout", Align::kLeft, true},
               {"quantity"},
               {"measured", Align::kRight},
               {"predicted", Align::kRight},
               {"error", Align::kRight}});
  std::string group;
  for (const ReplayedRow& row : replay.rows) {
    if (row.row.group != group) table.section(group = row.row.group);
    const auto add = [&](const std::string& quantity, const std::string& measured,
                         const std::string& predicted, const std::string& error) {
      table.add({job_text(row.row), row.row.layout, quantity, measured, predicted, error});
    };
    for (const ReplayComparison& comparison : row.comparisons) {
      add(fmt::format("{}, {}", name_of(comparison.quantity), unit_of(comparison.quantity)),
          fmt::format("{:.1f}", comparison.measured), fmt::format("{:.1f}", comparison.predicted),
          signed_percent(comparison.error()));
    }
    if (row.row.measured.out_of_memory && row.row.left_out.empty()) {
      add("memory", "does not fit", row.fits ? "fits" : "does not fit", row.fits ? "WRONG" : "");
    }
    if (!row.row.left_out.empty()) {
      add("", "", "", "left out");
      table.note(row.row.left_out);
    }
    if (!row.refused.empty()) {
      add("", "", "", "REFUSED");
      table.note(row.refused);
    }
  }
  return table.text(style);
}

}  // namespace

std::string signed_percent(double error) { return fmt::format("{:+.1f} %", 100 * error); }

std::string summary_text(const profiles::ErrorSummary& errors) {
  return fmt::format("median {:.1f} %, 90 % within {:.1f} %, worst {:.1f} %", 100 * errors.median,
                     100 * errors.ninetieth, 100 * errors.worst);
}

std::string group_text(const profiles::ReplayedGroup& group) {
  std::string text = group.picked;
  if (group.regret) text += fmt::format(": {:.1f} % slower than the fastest", 100 * *group.regret);
  if (group.tau) text += fmt::format(", tau {:.2f}", *group.tau);
  return text;
}

std::string replay_report(const Style& style, const std::vector<Replay>& replays) {
  std::string text;
  for (const Replay& replay : replays) {
    text += (text.empty() ? "" : "\n") + bold(style, replay.source.name) + "\n";
    text += paragraph("  ", replay.source.source, style.width);
    if (!replay.source.left_out.empty()) {
      text += paragraph("  ", "left out: " + replay.source.left_out, style.width);
      continue;
    }
    // Those of a case stand in its file; those of a published file do not.
    if (replay.source.translated) {
      for (const std::string& assumption : replay.source.assumptions) {
        text += paragraph("  ", "assumed: " + assumption, style.width);
      }
    }
    text += rows_text(style, replay);
    for (std::size_t i = 0; i < profiles::kReplayQuantities; ++i) {
      const auto quantity = static_cast<profiles::ReplayQuantity>(i);
      const profiles::ErrorSummary errors = replay.errors(quantity);
      if (errors.count == 0) continue;
      text +=
          fmt::format("  {}, {} rows: {}\n", name_of(quantity), errors.count, summary_text(errors));
    }
    for (const profiles::ReplayedGroup& group : replay.groups) {
      if (!group.regret) continue;
      text += paragraph("  ", fmt::format("{}: would pick {}", group.name, group_text(group)),
                        style.width);
    }
    const auto [measured, predicted] = replay.out_of_memory();
    if (measured > 0) {
      text += fmt::format("  out of memory: {} of {} predicted\n", predicted, measured);
    }
  }
  return text;
}

}  // namespace seqspan::cli
