#include "real/validate/exchange_memory.hpp"

#include <set>

#include "real/measure/host_memory.hpp"

namespace seqspan::real {

std::optional<sim::Bytes> memory_per_rank(const Transport& transport, std::int64_t ranks_on_host) {
  if (!transport.is_host_memory()) return std::nullopt;
  const sim::Bytes available = available_memory();
  if (available == sim::Bytes(0)) return std::nullopt;
  return sim::Bytes(available.value() / 5 * 4 / ranks_on_host);
}

sim::Bytes exchanged_bytes(const sim::Program& program, const sim::Part& part) {
  std::set<sim::TensorId> tensors;
  sim::Bytes pieces;
  for (const sim::BlockIndex index : {part.forward, part.backward, part.update}) {
    const sim::Block& block = program.blocks[index];
    for (std::size_t i = block.first_op; i < block.first_op + block.op_count; ++i) {
      const sim::Op& op = program.ops[i];
      const auto* work = std::get_if<sim::Communication>(&op.work);
      if (work == nullptr) continue;
      tensors.insert(op.reads.begin(), op.reads.end());
      tensors.insert(op.writes.begin(), op.writes.end());
      // A part of a tensor that is sent or received in place travels through a copy.
      if (work->axis == sim::Axis::kShard || work->axis == sim::Axis::kExpertShard) {
        pieces += work->bytes;
      }
    }
  }
  for (const sim::TensorId id : tensors) pieces += program.tensor(id).bytes;
  return pieces;
}

}  // namespace seqspan::real
