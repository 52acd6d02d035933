#include "cli/render/validation_report.hpp"

#include <fmt/format.h>

#include <cmath>

#include "cli/render/layout_choice.hpp"
#include "cli/render/table.hpp"
#include "cli/render/text.hpp"
#include "sim/units/format_units.hpp"

namespace seqspan::cli {
namespace {

// "+5.2 %", and from 10 times on "12 x".
std::string error_text(double error) {
  return error < 9 ? fmt::format("{:+.1f} %", 100 * error) : fmt::format("{:.0f} x", 1 + error);
}

// Without a sign.
std::string size_of_error(double error) { return fmt::format("{:.1f} %", 100 * error); }

// From the fastest to the slowest repetition, of the median.
std::string spread(const real::MeasuredTime& time) {
  if (time.median.value() <= 0) return "";
  return fmt::format("{:.0f} %",
                     100 * (time.slowest.value() - time.fastest.value()) / time.median.value());
}

std::string yes(const Style& style, bool is, const char* good, const char* bad) {
  return is ? green(style, good) : red(style, bad);
}

std::string numbers_text(const Style& style, const sim::Job& job,
                         const real::ValidatedNumbers& numbers) {
  return fmt::format(
      "\nNumbers against one rank in double precision, {}\n  {}\n"
      "  largest difference: output {:.1e}, input gradient {:.1e}, weight gradients {:.1e}: {}\n"
      "  bytes sent by every op {}, peak bytes by role {}\n",
      short_layout(job, numbers.layout), numbers.shapes, numbers.errors.output,
      numbers.errors.input_gradient, numbers.errors.weight_gradient,
      yes(style, numbers.errors.largest() <= real::ValidatedNumbers::kTolerance, "equal",
          "DIFFERENT"),
      yes(style, numbers.bytes_agree, "as predicted", "DIFFERENT"),
      yes(style, numbers.peaks_agree, "as predicted", "DIFFERENT"));
}

std::string ops_text(const Style& style, const real::Validation& validation) {
  if (validation.ops.empty()) return "";
  Table table({{"op", Align::kLeft, true},
               {"axis"},
               {"count", Align::kRight},
               {"sent/rank", Align::kRight},
               {"predicted", Align::kRight},
               {"measured", Align::kRight},
               {"spread", Align::kRight},
               {"error", Align::kRight}});
  std::string block;
  for (const real::ValidatedOp& op : validation.ops) {
    if (op.block != block) table.section(block = op.block);
    const std::string size = op.group_size == op.planned_size
                                 ? std::to_string(op.group_size)
                                 : fmt::format("{} of {}", op.group_size, op.planned_size);
    table.add({op.op, fmt::format("{} {}", name_of(op.axis), size), std::to_string(op.executions),
               sim::format_bytes(op.measured_sent), sim::format_time(op.predicted),
               sim::format_time(op.measured.median), spread(op.measured), error_text(op.error())});
    if (!op.bytes_agree()) {
      table.note(fmt::format("sent {} B, predicted {} B", op.measured_sent.value(),
                             op.predicted_sent.value()));
    }
  }
  return "\nCommunication, one execution on one rank\n" + table.text(style);
}

std::string blocks_text(const Style& style, const real::Validation& validation) {
  if (validation.blocks.empty()) return "";
  Table table({{"block", Align::kLeft, true},
               {"predicted", Align::kRight},
               {"measured", Align::kRight},
               {"spread", Align::kRight},
               {"error", Align::kRight},
               {"peak", Align::kRight},
               {"bytes"}});
  for (const real::ValidatedBlock& block : validation.blocks) {
    sim::Bytes peak;
    for (const sim::Bytes bytes : block.measured_peak) peak += bytes;
    table.add({block.name, sim::format_time(block.predicted),
               sim::format_time(block.measured.median), spread(block.measured),
               error_text(block.error()), sim::format_bytes(peak),
               block.peaks_agree() ? "as predicted" : "DIFFERENT"});
    for (std::size_t i = 0; i < sim::kMemoryRoleCount && !block.peaks_agree(); ++i) {
      if (block.measured_peak[i] == block.predicted_peak[i]) continue;
      table.note(fmt::format("{}: {} B, predicted {} B",
                             sim::name_of(static_cast<sim::MemoryRole>(i)),
                             block.measured_peak[i].value(), block.predicted_peak[i].value()));
    }
  }
  return "\nBlocks, compute stood in for by waits of its predicted time\n" + table.text(style);
}

std::string verdict_text(const Style& style, const real::Validation& validation,
                         const Verdict& verdict) {
  std::string text =
      "\n" + bold(style, "Verdict: ") +
      (verdict.is_empty ? red(style, "nothing could be validated")
                        : yes(style, verdict.holds(), "the plan holds", "the plan does not hold")) +
      "\n";
  if (validation.numbers) {
    text += fmt::format("  numbers   {}\n", yes(style, verdict.numbers, "equal", "DIFFERENT"));
  }
  if (validation.ops.empty()) return text;
  text += fmt::format("  bytes     {}\n", yes(style, verdict.bytes, "equal", "DIFFERENT"));
  if (!validation.blocks.empty()) {
    text += fmt::format("  peaks     {}\n", yes(style, verdict.peaks, "equal", "DIFFERENT"));
  }
  return text +
         fmt::format(
             "  times     median error {}, worst {}: {} the tolerance of {:.0f} % in the median\n",
             size_of_error(validation.median_op_error()),
             size_of_error(validation.worst_op_error()),
             yes(style, verdict.times, "within", "BEYOND"), 100 * verdict.tolerance);
}

}  // namespace

Verdict verdict_of(const real::Validation& validation, double tolerance) {
  return {.numbers = !validation.numbers || validation.numbers->agree(),
          .bytes = validation.bytes_agree(),
          .peaks = validation.peaks_agree(),
          .times = validation.median_op_error() <= tolerance,
          .is_empty = !validation.numbers && validation.ops.empty() && validation.blocks.empty(),
          .tolerance = tolerance};
}

std::string validation_report(const Style& style, const sim::Job& job, const sim::Layout& layout,
                              const real::Validation& validation, const Verdict& verdict) {
  std::string text =
      fmt::format("{} on {}: {}\n{} of {} ranks on {} host{}, {}\n", job.model.name,
                  job.cluster.name, short_layout(job, layout), validation.ranks,
                  validation.planned_ranks, validation.hosts, validation.hosts == 1 ? "" : "s",
                  validation.transport == "mpi" ? "MPI over host memory" : "NCCL");
  for (const std::string& note : validation.notes) {
    text += paragraph("  ", note, style.width);
  }
  if (validation.numbers) text += numbers_text(style, job, *validation.numbers);
  text += ops_text(style, validation);
  text += blocks_text(style, validation);
  return text + verdict_text(style, validation, verdict);
}

}  // namespace seqspan::cli
