#include "sim/program/saved.hpp"

namespace seqspan::sim {

void find_saved(const Program& program, const Part& part, std::vector<std::uint8_t>& saved,
                std::vector<std::uint8_t>& scratch) {
  const auto slot = [&](TensorId id) { return index_of(id) - part.first_tensor; };
  saved.assign(part.tensor_count, 0);

  std::vector<std::uint8_t>& written = scratch;
  written.assign(part.tensor_count, 0);
  const Block& backward = program.blocks[part.backward];
  for (const TensorId id : backward.inputs) written[slot(id)] = 1;
  for (std::size_t i = 0; i < backward.op_count; ++i) {
    const Op& op = program.ops[backward.first_op + i];
    for (const TensorId id : op.reads) {
      if (program.tensor(id).role == Role::kActivation && written[slot(id)] == 0) {
        saved[slot(id)] = 1;
      }
    }
    for (const TensorId id : op.writes) written[slot(id)] = 1;
  }

  // Of those, what forward leaves behind: its input, or what it writes.
  written.assign(part.tensor_count, 0);
  const Block& forward = program.blocks[part.forward];
  for (const TensorId id : forward.inputs) written[slot(id)] = 1;
  for (std::size_t i = 0; i < forward.op_count; ++i) {
    for (const TensorId id : program.ops[forward.first_op + i].writes) written[slot(id)] = 1;
  }
  for (std::size_t t = 0; t < part.tensor_count; ++t) saved[t] &= written[t];
}

}  // namespace seqspan::sim
