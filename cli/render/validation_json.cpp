#include "cli/render/validation_json.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "cli/render/result_parts.hpp"
#include "cli/render/validation_csv.hpp"

namespace seqspan::cli {
namespace {

// A NaN is a difference too, and JSON has none.
Json difference(double value) { return std::isfinite(value) ? Json(value) : Json("nan"); }

Json time_json(sim::Seconds predicted, const real::MeasuredTime& measured, double error) {
  return {{"predicted", number(predicted)},
          {"median", number(measured.median)},
          {"fastest", number(measured.fastest)},
          {"slowest", number(measured.slowest)},
          {"error", number(error)}};
}

Json op_json(const real::ValidatedOp& op) {
  const double seconds = op.measured.median.value();
  const double algbw = seconds > 0 ? static_cast<double>(op.size.value()) / seconds : 0;
  return {{"block", op.block},
          {"op", op.op},
          {"axis", name_of(op.axis)},
          {"collective", name_of(op.collective)},
          {"group_size", op.group_size},
          {"planned_group_size", op.planned_size},
          {"executions", op.executions},
          {"size_bytes", number(op.size)},
          {"predicted_sent_bytes", number(op.predicted_sent)},
          {"measured_sent_bytes", number(op.measured_sent)},
          {"seconds", time_json(op.predicted, op.measured, op.error())},
          {"algbw_bytes_per_second", number(algbw)},
          {"busbw_bytes_per_second", number(algbw * busbw_factor(op.collective, op.group_size))}};
}

}  // namespace

std::string validation_json(const sim::Job& job, const sim::Layout& layout,
                            const real::Validation& validation, const Verdict& verdict) {
  Json object = result_of(job);
  object["layout"] = layout_json(layout);
  object["transport"] = validation.transport;
  object["ranks"] = validation.ranks;
  object["hosts"] = validation.hosts;
  object["planned_ranks"] = validation.planned_ranks;
  object["notes"] = validation.notes;
  if (validation.numbers) {
    const real::ValidatedNumbers& numbers = *validation.numbers;
    object["numbers"] = {{"layout", layout_json(numbers.layout)},
                         {"shapes", numbers.shapes},
                         {"output_difference", difference(numbers.errors.output)},
                         {"input_gradient_difference", difference(numbers.errors.input_gradient)},
                         {"weight_gradient_difference", difference(numbers.errors.weight_gradient)},
                         {"bytes_agree", numbers.bytes_agree},
                         {"peaks_agree", numbers.peaks_agree}};
  }
  object["ops"] = Json::array();
  for (const real::ValidatedOp& op : validation.ops) object["ops"].push_back(op_json(op));
  object["blocks"] = Json::array();
  for (const real::ValidatedBlock& block : validation.blocks) {
    object["blocks"].push_back(
        {{"block", block.name},
         {"seconds", time_json(block.predicted, block.measured, block.error())},
         {"predicted_peak_bytes", role_bytes(block.predicted_peak)},
         {"measured_peak_bytes", role_bytes(block.measured_peak)}});
  }
  object["verdict"] = {{"holds", verdict.holds()},
                       {"is_empty", verdict.is_empty},
                       {"numbers", verdict.numbers},
                       {"bytes", verdict.bytes},
                       {"peaks", verdict.peaks},
                       {"times", verdict.times},
                       {"tolerance", number(verdict.tolerance)},
                       {"median_time_error", number(validation.median_op_error())},
                       {"worst_time_error", number(validation.worst_op_error())}};
  return text_of(object);
}

}  // namespace seqspan::cli
