#include "cli/render/validation_csv.hpp"

#include <fmt/format.h>

namespace seqspan::cli {
namespace {

// RFC 4180: names have commas.
std::string quoted_name(const std::string& text) { return "\"" + text + "\""; }

}  // namespace

double busbw_factor(sim::Collective collective, std::int64_t ranks) {
  const double n = static_cast<double>(ranks);
  switch (collective) {
    case sim::Collective::kAllReduce:
      return 2 * (n - 1) / n;
    case sim::Collective::kAllGather:
    case sim::Collective::kReduceScatter:
    case sim::Collective::kAllToAll:
      return (n - 1) / n;
    case sim::Collective::kRingShift:
    case sim::Collective::kPointToPoint:
      return 1;
  }
  return 1;
}

std::string validation_csv(const real::Validation& validation) {
  std::string text =
      "block,op,axis,collective,ranks,planned_ranks,executions,size_bytes,predicted_sent_bytes,"
      "measured_sent_bytes,predicted_us,time_us,fastest_us,slowest_us,algbw_gb_per_s,"
      "busbw_gb_per_s,error\n";
  const auto microseconds = [](sim::Seconds time) { return time.value() * 1e6; };
  for (const real::ValidatedOp& op : validation.ops) {
    const double seconds = op.measured.median.value();
    const double algbw = seconds > 0 ? static_cast<double>(op.size.value()) / seconds / 1e9 : 0;
    text += fmt::format(
        "{},{},{},{},{},{},{},{},{},{},{:.3f},{:.3f},{:.3f},{:.3f},{:.6f},{:.6f},{:.6f}\n",
        quoted_name(op.block), quoted_name(op.op), name_of(op.axis), name_of(op.collective),
        op.group_size, op.planned_size, op.executions, op.size.value(), op.predicted_sent.value(),
        op.measured_sent.value(), microseconds(op.predicted), microseconds(op.measured.median),
        microseconds(op.measured.fastest), microseconds(op.measured.slowest), algbw,
        algbw * busbw_factor(op.collective, op.group_size), op.error());
  }
  for (const real::ValidatedBlock& block : validation.blocks) {
    text += fmt::format("{},\"\",,,,,,,,,{:.3f},{:.3f},{:.3f},{:.3f},,,{:.6f}\n",
                        quoted_name(block.name), microseconds(block.predicted),
                        microseconds(block.measured.median), microseconds(block.measured.fastest),
                        microseconds(block.measured.slowest), block.error());
  }
  return text;
}

}  // namespace seqspan::cli
