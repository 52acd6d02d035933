#include "real/execute/float32_program.hpp"

#include <algorithm>
#include <utility>

namespace seqspan::real {
namespace {

sim::Bytes sum_of(const sim::Program& program, const sim::Operands& operands) {
  sim::Bytes bytes;
  for (const sim::TensorId id : operands) bytes += program.tensor(id).bytes;
  return bytes;
}

// The largest one: a gather also reads what it has to wait for.
sim::Bytes largest_of(const sim::Program& program, const sim::Operands& operands) {
  sim::Bytes bytes;
  for (const sim::TensorId id : operands) bytes = std::max(bytes, program.tensor(id).bytes);
  return bytes;
}

}  // namespace

sim::Bytes bytes_by_operands(const sim::Program& program, const sim::Op& op) {
  switch (std::get<sim::Communication>(op.work).collective) {
    case sim::Collective::kAllGather:
      return largest_of(program, op.writes);
    case sim::Collective::kRingShift:
    case sim::Collective::kPointToPoint:
      return sum_of(program, op.reads);
    default:
      return std::max(largest_of(program, op.reads), largest_of(program, op.writes));
  }
}

sim::Program in_float32(sim::Program program) {
  for (sim::Tensor& tensor : program.tensors) {
    if (tensor.data_type != sim::DataType::kBFloat16) continue;
    tensor.data_type = sim::DataType::kFloat32;
    tensor.bytes =
        sim::Bytes(tensor.shape.elements() * sim::bytes_per_element(sim::DataType::kFloat32));
  }
  for (sim::Op& op : program.ops) {
    if (auto* communication = std::get_if<sim::Communication>(&op.work)) {
      communication->bytes = bytes_by_operands(program, op);
    }
  }
  return program;
}

}  // namespace seqspan::real
