#include "sim/program/op.hpp"

namespace seqspan::sim {

Flops flops_of(const Op& op) {
  if (const auto* gemm = std::get_if<Gemm>(&op.work)) {
    return Flops(2.0 * static_cast<double>(gemm->m) * static_cast<double>(gemm->n) *
                 static_cast<double>(gemm->k) * static_cast<double>(gemm->groups));
  }
  if (const auto* attention = std::get_if<AttentionWork>(&op.work)) {
    const std::int64_t width = attention->backward
                                   ? 3 * attention->head_dim + 2 * attention->value_dim
                                   : attention->head_dim + attention->value_dim;
    return Flops(2.0 * static_cast<double>(attention->pairs) *
                 static_cast<double>(attention->heads) * static_cast<double>(width));
  }
  return Flops(0);
}

Bytes bytes_sent(const Communication& communication, std::int64_t group_size) {
  const std::int64_t others = group_size - 1;
  // Divide first where it is exact, so that no product overflows; sizes are multiples of the group.
  const std::int64_t share = communication.bytes.value() / group_size;
  switch (communication.collective) {
    case Collective::kAllToAll:
    case Collective::kAllGather:
    case Collective::kReduceScatter:
      return Bytes(share * others);
    case Collective::kAllReduce:
      return Bytes(2 * share * others);
    case Collective::kRingShift:
    case Collective::kPointToPoint:
      return communication.bytes;
  }
  return {};
}

Bytes message_bytes(const Communication& communication, std::int64_t group_size) {
  switch (communication.collective) {
    case Collective::kAllToAll:
    case Collective::kAllGather:
    case Collective::kReduceScatter:
    case Collective::kAllReduce:
      return communication.bytes / group_size;
    case Collective::kRingShift:
    case Collective::kPointToPoint:
      return communication.bytes / communication.messages;
  }
  return {};
}

const char* name_of(Axis axis) {
  switch (axis) {
    case Axis::kTensor:
      return "tp";
    case Axis::kUlysses:
      return "ulysses";
    case Axis::kRing:
      return "ring";
    case Axis::kExpert:
      return "ep";
    case Axis::kExpertTensor:
      return "etp";
    case Axis::kPipeline:
      return "pp";
    case Axis::kShard:
      return "dp_cp";
    case Axis::kExpertShard:
      return "edp";
    case Axis::kUlyssesInNode:
      return "ulysses_in_node";
    case Axis::kUlyssesAcross:
      return "ulysses_across";
    case Axis::kExpertInNode:
      return "ep_in_node";
    case Axis::kExpertAcross:
      return "ep_across";
  }
  return "";
}

const char* name_of(Stream stream) {
  switch (stream) {
    case Stream::kCompute:
      return "compute";
    case Stream::kTensor:
      return "tp";
    case Stream::kContext:
      return "cp";
    case Stream::kExpert:
      return "ep";
    case Stream::kPipeline:
      return "pp";
    case Stream::kGather:
      return "gather";
    case Stream::kReduce:
      return "reduce";
  }
  return "";
}

const char* name_of(Pass pass) {
  switch (pass) {
    case Pass::kForward:
      return "forward";
    case Pass::kRecompute:
      return "recompute";
    case Pass::kBackward:
      return "backward";
    case Pass::kUpdate:
      return "update";
  }
  return "";
}

}  // namespace seqspan::sim
