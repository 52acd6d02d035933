#include "sim/program/print.hpp"

#include <fmt/format.h>

#include <iterator>
#include <vector>

#include "sim/program/saved.hpp"

namespace seqspan::sim {
namespace {

const char* role_name(Role role) {
  switch (role) {
    case Role::kParameter:
      return "parameters";
    case Role::kGradient:
      return "gradients";
    case Role::kOptimizerState:
      return "optimizer state";
    case Role::kActivation:
      return "transient";
  }
  return "";
}

const char* when_text(When when) {
  switch (when) {
    case When::kEvery:
      return "";
    case When::kFirstMicroBatch:
      return "  (first micro-batch)";
    case When::kLastMicroBatch:
      return "  (last micro-batch)";
  }
  return "";
}

std::string names(const Program& program, const Operands& operands) {
  std::string text;
  for (const TensorId id : operands) {
    if (!text.empty()) text += ", ";
    text += program.tensor(id).name;
  }
  return text.empty() ? "-" : text;
}

void append_block(std::string& out, const Program& program, const char* kind, const Block& block) {
  auto to = std::back_inserter(out);
  fmt::format_to(to, "  {}: {} -> {}\n", kind, names(program, block.inputs),
                 names(program, block.outputs));
  std::size_t loop = block.first_loop;
  const std::size_t loop_end = block.first_loop + block.loop_count;
  for (std::size_t i = block.first_op; i < block.first_op + block.op_count; ++i) {
    const bool has_loop = loop < loop_end;
    const Loop current = has_loop ? program.loops[loop] : Loop{};
    const bool inside = has_loop && i >= current.first && i < current.first + current.count;
    if (inside && i == current.first) {
      fmt::format_to(to, "    repeat {} times\n", current.times);
    }
    const Op& op = program.ops[i];
    const char* indent = inside ? "      " : "    ";
    fmt::format_to(to, "{}{:<9} {}{}\n", indent, name_of(op.stream), op.name, when_text(op.when));
    fmt::format_to(to, "{}          {}\n", indent, work_text(program, op));
    fmt::format_to(to, "{}          {} -> {}\n", indent, names(program, op.reads),
                   names(program, op.writes));
    if (inside && i + 1 == current.first + current.count) {
      for (std::size_t c = 0; c < current.carry_count; ++c) {
        fmt::format_to(to, "      then      {} becomes {}{}\n",
                       program.tensor(current.carries[c].from).name,
                       program.tensor(current.carries[c].to).name,
                       current.carries[c].keep_old ? " (the old one is kept)" : "");
      }
      ++loop;
    }
  }
}

// Tensors that no op touches belong to another layout of the same code path.
bool is_used(const Program& program, const Part& part, TensorId id) {
  if (program.tensor(id).role != Role::kActivation) return true;
  for (const BlockIndex index : {part.forward, part.backward, part.update}) {
    const Block& block = program.blocks[index];
    for (std::size_t i = block.first_op; i < block.first_op + block.op_count; ++i) {
      for (const TensorId written : program.ops[i].writes) {
        if (written == id) return true;
      }
      for (const TensorId read : program.ops[i].reads) {
        if (read == id) return true;
      }
    }
  }
  return false;
}

void append_part(std::string& out, const Program& program, const Part& part) {
  auto to = std::back_inserter(out);
  std::vector<std::uint8_t> saved;
  std::vector<std::uint8_t> scratch;
  find_saved(program, part, saved, scratch);
  fmt::format_to(to, "part {}\n  tensors\n", part.name);
  for (std::size_t t = 0; t < part.tensor_count; ++t) {
    const auto id = static_cast<TensorId>(part.first_tensor + t);
    const Tensor& tensor = program.tensor(id);
    if (!is_used(program, part, id)) continue;
    fmt::format_to(to, "    {:<38} {:<16} {} = {} B{}\n", tensor.name,
                   saved[t] != 0 ? "saved activation" : role_name(tensor.role), to_text(tensor),
                   tensor.bytes.value(), tensor.on_host ? "  (host)" : "");
  }
  append_block(out, program, "forward", program.blocks[part.forward]);
  append_block(out, program, "backward", program.blocks[part.backward]);
  append_block(out, program, "update", program.blocks[part.update]);
}

}  // namespace

std::string work_text(const Program& program, const Op& op) {
  if (const auto* gemm = std::get_if<Gemm>(&op.work)) {
    const std::string groups = gemm->groups > 1 ? fmt::format("{} x ", gemm->groups) : "";
    const bool float8 = gemm->precision != GemmPrecision::kBFloat16;
    return fmt::format("{}GEMM {}m={} n={} k={}", float8 ? "FP8 " : "", groups, gemm->m, gemm->n,
                       gemm->k);
  }
  if (const auto* attention = std::get_if<AttentionWork>(&op.work)) {
    const std::string width =
        attention->head_dim == attention->value_dim
            ? fmt::format("d={}", attention->head_dim)
            : fmt::format("d_k={} d_v={}", attention->head_dim, attention->value_dim);
    return fmt::format("attention pairs={} heads={} {}", attention->pairs, attention->heads, width);
  }
  if (const auto* pass = std::get_if<MemoryPass>(&op.work)) {
    return fmt::format("pass {} B", pass->bytes.value());
  }
  if (const auto* copy = std::get_if<HostCopy>(&op.work)) {
    return fmt::format("copy {} {} B, {} memory", copy->to_host ? "to host" : "from host",
                       copy->bytes.value(), copy->pinned ? "pinned" : "pageable");
  }
  if (const auto* pass = std::get_if<HostPass>(&op.work)) {
    return fmt::format("host pass {} B", pass->bytes.value());
  }
  const auto& work = std::get<Communication>(op.work);
  const std::int64_t size = program.group_size(work.axis);
  return fmt::format("{} over {} ({}) {} B, sent {} B", name_of(work.collective),
                     name_of(work.axis), size, work.bytes.value(), bytes_sent(work, size).value());
}

std::string to_text(const Tensor& tensor) {
  std::string text = "[";
  for (std::size_t i = 0; i < tensor.shape.rank; ++i) {
    const Extent& extent = tensor.shape.extents[i];
    if (i > 0) text += ", ";
    text += std::to_string(extent.value) == extent.symbol
                ? std::string(extent.symbol)
                : fmt::format("{}={}", extent.symbol, extent.value);
  }
  return text + "] " + name_of(tensor.data_type);
}

std::string to_text(const Program& program) {
  std::string out;
  auto to = std::back_inserter(out);
  fmt::format_to(to, "{} micro-batches, {} pipeline stages, {} chunks per stage\n",
                 program.micro_batches, program.pipeline_stages, program.chunks_per_stage);
  for (const StageClass& stage : program.stages) {
    if (stage.count == 1) {
      fmt::format_to(to, "stage {}:", stage.first_stage);
    } else {
      fmt::format_to(to, "stages {} to {}:", stage.first_stage,
                     stage.first_stage + stage.count - 1);
    }
    for (std::size_t r = 0; r < stage.run_count; ++r) {
      const PartRun& run = program.runs[stage.first_run + r];
      fmt::format_to(to, " {} x {}", run.count, program.parts[run.part].name);
    }
    out += "\n";
  }
  for (const Part& part : program.parts) {
    out += "\n";
    append_part(out, program, part);
  }
  return out;
}

}  // namespace seqspan::sim
