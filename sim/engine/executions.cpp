#include "sim/engine/executions.hpp"

namespace seqspan::sim {
namespace {

const Part& part_of_op(const Program& program, std::size_t op) {
  for (const Part& part : program.parts) {
    const Block& first = program.blocks[part.forward];
    const Block& last = program.blocks[part.update];
    if (op >= first.first_op && op < last.first_op + last.op_count) return part;
  }
  return program.parts.front();
}

}  // namespace

StepBound bound_of(Axis axis) {
  switch (axis) {
    case Axis::kTensor:
      return StepBound::kTensorCommunication;
    case Axis::kUlysses:
    case Axis::kUlyssesInNode:
    case Axis::kUlyssesAcross:
    case Axis::kRing:
      return StepBound::kContextCommunication;
    case Axis::kExpert:
    case Axis::kExpertInNode:
    case Axis::kExpertAcross:
    case Axis::kExpertTensor:
      return StepBound::kExpertCommunication;
    case Axis::kShard:
    case Axis::kExpertShard:
      return StepBound::kShardCommunication;
    case Axis::kPipeline:
      return StepBound::kPipelineBubble;
  }
  return StepBound::kPipelineBubble;
}

StepBound bound_of(const Op& op) {
  if (std::holds_alternative<Gemm>(op.work)) return StepBound::kGemm;
  if (std::holds_alternative<AttentionWork>(op.work)) return StepBound::kAttention;
  if (std::holds_alternative<MemoryPass>(op.work)) return StepBound::kMemoryPasses;
  if (uses_host(op)) return StepBound::kHost;
  return bound_of(std::get<Communication>(op.work).axis);
}

const char* frequency_of(const Program& program, std::size_t index) {
  const Op& op = program.ops[index];
  const bool layer = part_of_op(program, index).kind == PartKind::kLayer;
  if (op.pass == Pass::kUpdate || op.when != When::kEvery) return layer ? "layer, step" : "step";
  return layer ? "layer, micro-batch" : "micro-batch";
}

}  // namespace seqspan::sim
