#include "cli/trace/op_text.hpp"

#include <fmt/format.h>

#include "cli/trace/event_list.hpp"
#include "sim/program/print.hpp"

namespace seqspan::cli {
namespace {

std::string tensors(const sim::Program& program, const sim::Operands& operands) {
  std::string text;
  for (const sim::TensorId id : operands) {
    const sim::Tensor& tensor = program.tensor(id);
    text += fmt::format("{}{} {}", text.empty() ? "" : "; ", tensor.name, sim::to_text(tensor));
  }
  return EventList::quoted(text.empty() ? "nothing" : text);
}

// What it moves: over links for a communication, through memory for a pass.
std::int64_t bytes_of(const sim::Program& program, const sim::Op& op) {
  if (const auto* work = std::get_if<sim::Communication>(&op.work)) {
    return bytes_sent(*work, program.group_size(work->axis)).value();
  }
  if (const auto* pass = std::get_if<sim::MemoryPass>(&op.work)) return pass->bytes.value();
  if (const auto* copy = std::get_if<sim::HostCopy>(&op.work)) return copy->bytes.value();
  if (const auto* pass = std::get_if<sim::HostPass>(&op.work)) return pass->bytes.value();
  return 0;
}

}  // namespace

std::vector<std::string> op_args(const sim::StepTimeline& timeline) {
  const sim::Program& program = *timeline.program;
  std::vector<std::string> args;
  for (std::size_t i = 0; i < program.ops.size(); ++i) {
    const sim::Op& op = program.ops[i];
    std::string text = fmt::format(R"("pass":"{}","work":{},"reads":{},"writes":{},"alone_ns":{})",
                                   name_of(op.pass), EventList::quoted(work_text(program, op)),
                                   tensors(program, op.reads), tensors(program, op.writes),
                                   nanoseconds(timeline.durations[i].value()));
    if (const std::int64_t bytes = bytes_of(program, op); bytes > 0) {
      text += fmt::format(
          R"(,"{}":{})",
          std::holds_alternative<sim::Communication>(op.work) ? "bytes_sent" : "bytes", bytes);
    }
    if (const double flops = flops_of(op).value(); flops > 0) {
      text += fmt::format(R"(,"flops":{:.0f})", flops);
    }
    args.push_back(std::move(text));
  }
  return args;
}

const char* category_of(const sim::Op& op) {
  if (std::holds_alternative<sim::Communication>(op.work)) return "communication";
  if (uses_host(op)) return "host";
  if (std::holds_alternative<sim::Gemm>(op.work)) return "gemm";
  if (std::holds_alternative<sim::AttentionWork>(op.work)) return "attention";
  return "memory pass";
}

}  // namespace seqspan::cli
