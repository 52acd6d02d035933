#include "cli/render/replay_page.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/render/replay_report.hpp"

namespace seqspan::cli {
namespace {

using profiles::Replay;
using profiles::ReplayComparison;
using profiles::ReplayedRow;

constexpr const char* kHead =
    "# Predictions against published measurements\n\n"
    "Written by `seqspan replay tests/published/cases/*.json --markdown`; a test compares. Nothing "
    "here "
    "was fitted to a row:\nthere is one profile per device and fabric, and every number in it has "
    "its "
    "source. An error is predicted / measured - 1.\nPeak memory is PyTorch's "
    "`max_memory_allocated`. "
    "\"Would pick\" is the layout of a group that is predicted to be the fastest;\nhow much slower "
    "than "
    "the fastest it was measured is what following the prediction would have cost. tau is "
    "Kendall's\n"
    "(1: the same order as measured, 0: none).\n\n"
    "![Predicted against measured](pictures/accuracy.svg)\n";

std::string overview(const std::vector<Replay>& replays) {
  std::string text =
      "\n## In short\n\n| set | quantity | rows | median | 90 % within | worst |\n"
      "|---|---|---:|---:|---:|---:|\n";
  for (const Replay& replay : replays) {
    if (!replay.source.left_out.empty()) {
      text += fmt::format("| {} | left out: {} | | | | |\n", replay.source.name,
                          replay.source.left_out);
      continue;
    }
    for (std::size_t i = 0; i < profiles::kReplayQuantities; ++i) {
      const auto quantity = static_cast<profiles::ReplayQuantity>(i);
      const profiles::ErrorSummary errors = replay.errors(quantity);
      if (errors.count == 0) continue;
      text += fmt::format("| {} | {} | {} | {:.1f} % | {:.1f} % | {:.1f} % |\n", replay.source.name,
                          name_of(quantity), errors.count, 100 * errors.median,
                          100 * errors.ninetieth, 100 * errors.worst);
    }
    const auto [measured, predicted] = replay.out_of_memory();
    if (measured > 0) {
      text += fmt::format("| {} | out of memory | {} | {} predicted | | |\n", replay.source.name,
                          measured, predicted);
    }
  }
  return text;
}

std::string row_text(const ReplayedRow& row) {
  const std::string head =
      fmt::format("| {} | {} | {} | `{}` |", row.row.group, row.row.sequence_length,
                  row.row.global_batch_size, row.row.layout);
  std::string text;
  for (const ReplayComparison& comparison : row.comparisons) {
    text += fmt::format("{} {}, {} | {:.1f} | {:.1f} | {} |\n", head, name_of(comparison.quantity),
                        unit_of(comparison.quantity), comparison.measured, comparison.predicted,
                        signed_percent(comparison.error()));
  }
  if (row.row.measured.out_of_memory && row.row.left_out.empty()) {
    text += fmt::format("{} memory | does not fit | {} | {} |\n", head,
                        row.fits ? "fits" : "does not fit", row.fits ? "wrong" : "");
  }
  if (!row.row.left_out.empty()) text += fmt::format("{} left out | | | |\n", head);
  if (!row.refused.empty()) text += fmt::format("{} refused: {} | | | |\n", head, row.refused);
  return text;
}

std::string reasons(const Replay& replay) {
  std::vector<std::string> known;
  std::string text;
  for (const ReplayedRow& row : replay.rows) {
    const std::string& why = row.row.left_out;
    if (why.empty() || std::find(known.begin(), known.end(), why) != known.end()) continue;
    known.push_back(why);
    text += "- Left out: " + why + ".\n";
  }
  return text;
}

}  // namespace

std::string replay_page(const std::vector<Replay>& replays) {
  std::string text = kHead + overview(replays);
  for (const Replay& replay : replays) {
    if (!replay.source.left_out.empty()) continue;
    text += fmt::format("\n## {}\n\nSource: {}.\n\n", replay.source.name, replay.source.source);
    for (const std::string& assumption : replay.source.assumptions) {
      text += "- Assumed: " + assumption + ".\n";
    }
    text += reasons(replay);
    if (!replay.source.assumptions.empty()) text += "\n";
    text +=
        "| group | tokens | batch | layout | quantity | measured | predicted | error |\n"
        "|---|---:|---:|---|---|---:|---:|---:|\n";
    for (const ReplayedRow& row : replay.rows) text += row_text(row);
    bool has_groups = false;
    for (const profiles::ReplayedGroup& group : replay.groups) {
      if (!group.regret) continue;
      if (!has_groups) text += "\n";
      has_groups = true;
      text += fmt::format("- {}: would pick `{}`.\n", group.name, group_text(group));
    }
    if (!replay.source.missed.empty()) text += "\n";
    for (const std::string& missed : replay.source.missed) text += "- Missed: " + missed + ".\n";
  }
  return text;
}

}  // namespace seqspan::cli
