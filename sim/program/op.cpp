#include "sim/program/op.hpp"

#include "sim/formula/traced.hpp"

namespace seqspan::sim {

template <class Numbers>
NumberOf<Numbers, Flops> flops_of(const Numbers& in, const Gemm& gemm) {
  return as<Flops>(2.0 * real(in.given("m", gemm.m, kFromOp)) *
                   real(in.given("n", gemm.n, kFromOp)) * real(in.given("k", gemm.k, kFromOp)) *
                   real(in.given("groups", gemm.groups, kFromOp)));
}

template <class Numbers>
NumberOf<Numbers, Flops> flops_of(const Numbers& in, const AttentionWork& work) {
  const auto keys = in.given("d_k", work.head_dim, kFromOp);
  const auto values = in.given("d_v", work.value_dim, kFromOp);
  const auto width = work.backward ? 3 * keys + 2 * values : keys + values;
  return as<Flops>(2.0 * real(in.given("pairs", work.pairs, kFromOp)) *
                   real(in.given("heads", work.heads, kFromOp)) * real(width));
}

template Flops flops_of(const Plain&, const Gemm&);
template Flops flops_of(const Plain&, const AttentionWork&);
template Traced<Flops> flops_of(const Tracing&, const Gemm&);
template Traced<Flops> flops_of(const Tracing&, const AttentionWork&);

Flops flops_of(const Op& op) {
  if (const auto* gemm = std::get_if<Gemm>(&op.work)) return flops_of(Plain{}, *gemm);
  if (const auto* work = std::get_if<AttentionWork>(&op.work)) return flops_of(Plain{}, *work);
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
    case Stream::kToHost:
      return "to host";
    case Stream::kFromHost:
      return "from host";
    case Stream::kHost:
      return "host";
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
