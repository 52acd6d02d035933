#include "cli/render/explanation_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "cli/render/answer.hpp"
#include "cli/render/formula_text.hpp"
#include "cli/render/layout_choice.hpp"
#include "cli/render/quantity.hpp"
#include "cli/render/sections.hpp"
#include "cli/render/table.hpp"
#include "cli/render/text.hpp"
#include "sim/units/format_units.hpp"

namespace seqspan::cli {
namespace {

std::string head(const Style& style, const sim::Job& job, const sim::Simulation& simulation) {
  return headline(style, short_layout(job, simulation.layout), simulation.peak.peak,
                  simulation.capacity) +
         paragraph("", speed_text(simulation), style.width) +
         dim(style, paragraph("", job_text(job), style.width));
}

// What the host takes to issue one micro-batch, and whether the GPU waits for it.
std::string host_section(const Style& style, const sim::Explanation& explanation) {
  if (explanation.host.empty()) return {};
  std::string text = heading(style, "Host: one micro-batch of the busiest stage");
  for (const sim::Formula& formula : explanation.host) text += equations_text(style, formula, 2);
  return text;
}

std::string step_section(const Style& style, const sim::Explanation& explanation, bool in_full) {
  const sim::Formula& step = explanation.step;
  std::string text =
      heading(style, fmt::format("Step: {}", sim::format_time(explanation.simulation.time.step)));
  text += equations_text(style, step, 2) + host_section(style, explanation);
  if (!in_full) return text;
  LawTable sources;
  sources.add("step", step);
  for (const sim::Formula& formula : explanation.host) {
    sources.add(formula.equations.front().symbol, formula);
  }
  text += heading(style, "Throughput");
  for (const sim::Formula& formula : explanation.throughput) {
    // The equations of its own result; MFU names the one before.
    sim::Formula result = formula;
    result.equations.resize(1);
    text += equations_text(style, result, 2);
    sources.add(formula.equations.front().symbol, formula);
  }
  return text + heading(style, "Where these numbers come from") + sources.sources(style) +
         paragraph("  the formula: ", step.law.source, style.width) +
         time_section(style, explanation.simulation) +
         exposed_section(style, explanation.simulation);
}

std::string block_title(const sim::Explanation& explanation, const sim::ExplainedBlock& block) {
  const std::string title = fmt::format("{} {}", block.part, block.name);
  return explanation.simulation.by_stage.size() < 2
             ? title
             : fmt::format("{}, stage {}", title, block.stage);
}

// Ops of one block that are alike in all that a row shows are one row.
struct OpRow {
  const sim::ExplainedOp* op;
  std::int64_t executions;
  sim::Seconds exposed;
};

std::vector<OpRow> rows_of(const sim::ExplainedBlock& block) {
  std::vector<OpRow> rows;
  for (const sim::ExplainedOp& op : block.ops) {
    const auto same = std::find_if(rows.begin(), rows.end(), [&](const OpRow& row) {
      return row.op->pass == op.pass && std::string_view(row.op->name) == op.name &&
             row.op->seconds() == op.seconds();
    });
    if (same == rows.end()) {
      rows.push_back({&op, op.executions, op.exposed});
    } else {
      same->executions += op.executions;
      same->exposed += op.exposed;
    }
  }
  return rows;
}

std::string op_name(const sim::ExplainedOp& op) {
  return op.pass == sim::Pass::kRecompute ? fmt::format("{} (again)", op.name) : op.name;
}

// An empty cell where there is nothing to wait for.
std::string time_or_nothing(sim::Seconds time) {
  return time.value() == 0 ? "" : sim::format_time(time);
}

std::string time_tables(const Style& style, const sim::Explanation& explanation) {
  const sim::Seconds step = explanation.simulation.time.step;
  Table table({{"op", Align::kLeft, true},
               {"law", Align::kLeft},
               {"one", Align::kRight},
               {"times", Align::kRight},
               {"a step", Align::kRight, false, true},
               {"of it", Align::kRight},
               {"waits", Align::kRight}});
  for (const sim::ExplainedBlock& block : explanation.blocks) {
    table.section(block_title(explanation, block));
    for (const OpRow& row : rows_of(block)) {
      const sim::Seconds all = row.op->seconds() * static_cast<double>(row.executions);
      table.add({op_name(*row.op), row.op->formula.law.name, sim::format_time(row.op->seconds()),
                 sim::format_count(row.executions), sim::format_time(all), percent(all / step),
                 time_or_nothing(row.exposed)});
    }
  }
  return heading(style, "Ops: time of one, and of a step on one GPU of the stage") +
         table.text(style) +
         paragraph("  ",
                   "waits: what compute waits for a communication, or loses beside one; "
                   "communication that it does not wait for adds nothing to the step",
                   style.width);
}

std::string network_table(const Style& style, const sim::Explanation& explanation) {
  Table table({{"op", Align::kLeft, true},
               {"axis", Align::kLeft},
               {"groups", Align::kRight, false, true},
               {"algorithm", Align::kLeft},
               {"sent/GPU", Align::kRight, false, true},
               {"one", Align::kRight},
               {"times", Align::kRight, false, true},
               {"bound", Align::kLeft}});
  for (const sim::ExplainedBlock& block : explanation.blocks) {
    bool titled = false;
    for (const OpRow& row : rows_of(block)) {
      if (!row.op->communication) continue;
      if (!titled) table.section(block_title(explanation, block));
      titled = true;
      const sim::ExplainedCommunication& one = *row.op->communication;
      const bool measured = one.timed_by != sim::TimedBy::kModel;
      table.add({op_name(*row.op), fmt::format("{} {}", name_of(one.work.axis), one.group_size),
                 sim::format_count(one.groups),
                 measured ? "measured"
                          : fmt::format("{}, {}", name_of(one.algorithm), name_of(one.protocol)),
                 sim::format_bytes(one.sent), sim::format_time(row.op->seconds()),
                 sim::format_count(row.executions), name_of(one.bound)});
    }
  }
  if (table.empty()) return heading(style, "Communication") + "  none\n";
  return heading(style, "Communication: one, and how often in a step") + table.text(style) +
         paragraph("  ", "groups of the axis run at the same time and share links", style.width);
}

// Where several parts have an op of that name, with the part.
std::string name_in_laws(const sim::Explanation& explanation, const sim::ExplainedBlock& block,
                         const sim::ExplainedOp& op) {
  const auto elsewhere = [&](const sim::ExplainedBlock& other) {
    return std::string_view(other.part) != block.part &&
           std::any_of(other.ops.begin(), other.ops.end(), [&](const sim::ExplainedOp& one) {
             return std::string_view(one.name) == op.name;
           });
  };
  const bool clear = std::none_of(explanation.blocks.begin(), explanation.blocks.end(), elsewhere);
  return clear ? op.name : fmt::format("{} ({})", op.name, block.part);
}

// `communications` and `compute`: which ops.
LawTable laws_of(const sim::Explanation& explanation, bool communications, bool compute) {
  LawTable table;
  for (const sim::ExplainedBlock& block : explanation.blocks) {
    for (const sim::ExplainedOp& op : block.ops) {
      if (op.communication ? communications : compute)
        table.add(name_in_laws(explanation, block, op), op.formula);
    }
  }
  return table;
}

// Those of communications, and what compute loses beside each.
LawTable network_laws_of(const sim::Explanation& explanation) {
  LawTable table = laws_of(explanation, true, false);
  for (const sim::ExplainedBlock& block : explanation.blocks) {
    for (const sim::ExplainedOp& op : block.ops) {
      if (op.communication) {
        table.add(name_in_laws(explanation, block, op), op.communication->interference);
      }
    }
  }
  return table;
}

std::string laws_text(const Style& style, const LawTable& laws, bool in_full) {
  if (!in_full) return laws.text(style);
  return laws.text(style) + heading(style, "Where these numbers come from") + laws.sources(style);
}

std::string tensors_text(const Style& style, const sim::ExplainedMemory& memory) {
  Table table({{"tensor", Align::kLeft, true}, {"as", Align::kLeft}, {"bytes", Align::kRight}});
  for (const sim::ExplainedTensor& tensor : memory.tensors) {
    const sim::Equation& bytes = tensor.formula.equations.front();
    table.add(
        {tensor.name, words(name_of(tensor.role)), sim::format_value(bytes.value, bytes.unit)});
    table.note(fmt::format("{} = {}", bytes.formula, bytes.numbers));
  }
  return heading(style, "Tensors at the peak") + table.text(style);
}

// Why the tensors of a role do not add up to the role.
std::string saved_beyond_text(const Style& style, sim::Bytes saved_beyond) {
  if (saved_beyond == sim::Bytes(0)) return "";
  const bool freed = saved_beyond > sim::Bytes(0);
  return paragraph(
      "  ",
      fmt::format(
          "{} count as {} though backward {}",
          sim::format_bytes(freed ? saved_beyond : sim::Bytes(0) - saved_beyond),
          freed ? "saved activations, not as transient," : "transient, not as saved activations,",
          freed ? "has freed them before the peak" : "will read them"),
      style.width);
}

std::string memory_part(const Style& style, const sim::Explanation& explanation, bool in_full) {
  const sim::ExplainedMemory& memory = explanation.memory;
  std::string text =
      heading(style, fmt::format("Memory: {}", gib(explanation.simulation.peak.peak)));
  text += paragraph("  peak at ", explanation.simulation.peak_moment, style.width);
  text += equations_text(style, memory.peak, 2);
  if (!in_full) return text;
  LawTable parts;
  parts.add("in flight", memory.in_flight);
  for (const sim::ExplainedMemory::Buffers& one : memory.buffers) {
    parts.add(name_of(one.axis), one.formula);
  }
  LawTable sources = parts;
  sources.add("peak", memory.peak);
  for (const sim::ExplainedTensor& tensor : memory.tensors)
    sources.add(tensor.name, tensor.formula);
  text += saved_beyond_text(style, memory.saved_beyond);
  text += tensors_text(style, memory) + parts.text(style);
  return text + heading(style, "Where these numbers come from") + sources.sources(style);
}

// What is known of it beside its time.
std::string communication_text(const Style& style, const sim::ExplainedCommunication& one) {
  const bool measured = one.timed_by != sim::TimedBy::kModel;
  std::string text = paragraph(
      "  ",
      fmt::format("{} over {} {} by {}, {}: each GPU sends {} in messages of {}; {} of the axis at "
                  "once, each over {} with up to {} in one; bound by {}{}",
                  words(name_of(one.work.collective)), name_of(one.work.axis), one.group_size,
                  name_of(one.algorithm), name_of(one.protocol), sim::format_bytes(one.sent),
                  sim::format_bytes(one.message), counted(one.groups, "group"),
                  counted(one.domains, "NVLink domain"), counted(one.domain_members, "rank"),
                  name_of(one.bound), measured ? "; measured" : ""),
      style.width);
  text += paragraph("  ", "part of its speed that compute beside it loses:", style.width);
  return text + equations_text(style, one.interference, 4) +
         terms_text(style, one.interference.terms, 4);
}

}  // namespace

std::string explanation_report(const Style& style, const sim::Job& job,
                               const sim::Explanation& explanation, ExplainedPart part) {
  const auto wants = [part](ExplainedPart one) {
    return part == ExplainedPart::kAll || part == one;
  };
  const bool alone = part != ExplainedPart::kAll;
  std::string text = head(style, job, explanation.simulation);
  if (wants(ExplainedPart::kStep)) text += step_section(style, explanation, alone);
  if (wants(ExplainedPart::kMemory)) text += memory_part(style, explanation, alone);
  if (wants(ExplainedPart::kTime)) {
    text += time_tables(style, explanation);
    text += laws_text(style, laws_of(explanation, !alone, true), alone);
  }
  if (part == ExplainedPart::kNetwork) {
    text += network_table(style, explanation);
    text += laws_text(style, network_laws_of(explanation), true);
  }
  if (alone) return text;
  return text + "\n" +
         paragraph("  ",
                   "Where each number comes from: --part step, memory, time or network; all about "
                   "one op: --op NAME; everything for scripts: --json",
                   style.width);
}

std::string op_report(const Style& style, const sim::Job& job,
                      const sim::Explanation& explanation) {
  std::string text = head(style, job, explanation.simulation);
  const sim::Seconds step = explanation.simulation.time.step;
  for (const sim::ExplainedBlock& block : explanation.blocks) {
    for (const sim::ExplainedOp& op : block.ops) {
      text += heading(style, fmt::format("{} ({})", op_name(op), block_title(explanation, block)));
      text += paragraph("  ",
                        fmt::format("{}, {} per step: {}, {} of the step",
                                    sim::format_time(op.seconds()), counted(op.executions, "time"),
                                    sim::format_time(op.per_step()), percent(op.per_step() / step)),
                        style.width);
      text += paragraph("  ", fmt::format("{}: {}", op.formula.law.name, op.formula.law.source),
                        style.width);
      text += equations_text(style, op.formula, 4) + terms_text(style, op.formula.terms, 4);
      if (op.communication) text += communication_text(style, *op.communication);
    }
  }
  return text;
}

}  // namespace seqspan::cli
