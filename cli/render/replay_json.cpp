#include "cli/render/replay_json.hpp"

#include "cli/render/format_version.hpp"
#include "cli/render/result_parts.hpp"

namespace seqspan::cli {
namespace {

using profiles::Replay;

Json row_json(const profiles::ReplayedRow& row) {
  Json comparisons = Json::array();
  for (const profiles::ReplayComparison& comparison : row.comparisons) {
    comparisons.push_back(
        {{"quantity", name_of(comparison.quantity)},
         {"unit", unit_of(comparison.quantity)},
         {"measured", number(comparison.measured)},
         {"predicted", number(comparison.predicted)},
         {"error", number(comparison.error())},
         {"implied_mfu", comparison.implied_mfu ? number(*comparison.implied_mfu) : Json()}});
  }
  return {{"group", row.row.group},
          {"sequence_length", row.row.sequence_length},
          {"global_batch_size", row.row.global_batch_size},
          {"layout", row.row.layout},
          {"left_out", row.row.left_out},
          {"refused", row.refused},
          {"out_of_memory", row.row.measured.out_of_memory},
          {"fits", row.fits},
          {"comparisons", std::move(comparisons)}};
}

Json case_json(const Replay& replay) {
  Json object = {{"name", replay.source.name},
                 {"source", replay.source.source},
                 {"assumptions", replay.source.assumptions},
                 {"missed", replay.source.missed},
                 {"left_out", replay.source.left_out},
                 {"rows", Json::array()},
                 {"errors", Json::array()},
                 {"groups", Json::array()}};
  for (const profiles::ReplayedRow& row : replay.rows) object["rows"].push_back(row_json(row));
  for (std::size_t i = 0; i < profiles::kReplayQuantities; ++i) {
    const auto quantity = static_cast<profiles::ReplayQuantity>(i);
    const profiles::ErrorSummary errors = replay.errors(quantity);
    if (errors.count == 0) continue;
    object["errors"].push_back({{"quantity", name_of(quantity)},
                                {"rows", errors.count},
                                {"median", number(errors.median)},
                                {"ninetieth", number(errors.ninetieth)},
                                {"worst", number(errors.worst)}});
  }
  for (const profiles::ReplayedGroup& group : replay.groups) {
    object["groups"].push_back({{"name", group.name},
                                {"rows", group.rows},
                                {"picked", group.picked},
                                {"fastest", group.fastest},
                                {"tau", group.tau ? Json(*group.tau) : Json()},
                                {"regret", group.regret ? Json(*group.regret) : Json()}});
  }
  return object;
}

}  // namespace

std::string replay_json(const std::vector<Replay>& replays) {
  Json object = {{"format_version", kFormatVersion},
                 {"inputs", Json::array()},
                 {"warnings", Json::array()},
                 {"cases", Json::array()}};
  for (const Replay& replay : replays) {
    object["inputs"].push_back(
        {{"path", replay.source.file.path}, {"sha256", replay.source.file.sha256}});
    object["cases"].push_back(case_json(replay));
    for (const profiles::ReplayedRow& row : replay.rows) {
      for (const std::string& warning : row.impossible) object["warnings"].push_back(warning);
    }
  }
  return text_of(object);
}

}  // namespace seqspan::cli
