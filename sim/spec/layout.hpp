// How a model is laid out over the ranks: the degrees and choices that `--layout` names.
//
//   world = tp x cp x dp x pp with cp = ulysses x ring; dp follows from the cluster.
//   Expert parallelism divides tp x cp x dp anew: etp x ep x (expert data parallel).
//   Rank order (Megatron's default 'tp-cp-ep-dp-pp'): rank = tp + t (cp + c (dp + DP pp)); the
//   placement says another (sim/network/rank_order.hpp).
#pragma once

#include <cstdint>

namespace seqspan::sim {

// Which rows of the sequence a ring rank owns.
enum class RingOrder : std::uint8_t { kZigzag, kContiguous, kStriped };
// How the ring's ranks see each other's keys and values.
enum class KvExchange : std::uint8_t { kPointToPoint, kAllGather };
// The order of ranks: which of the two context parallel groups has consecutive ranks, and whether
// the stages of a pipeline lie inside the replicas (pipeline_inner, else ulysses_inner).
enum class Placement : std::uint8_t { kUlyssesInner, kRingInner, kPipelineInner };
enum class Recompute : std::uint8_t { kNone, kSelective, kFull };
// What the data x context parallel group shares out (ZeRO 1, 2, 3).
enum class Sharding : std::uint8_t { kNone, kOptimizer, kGradients, kParameters };
// What lives in the memory of the host instead of the GPU's: the inputs of recomputed layers, the
// optimizer with its state, or both.
enum class Offload : std::uint8_t { kNone, kActivations, kOptimizer, kAll };

struct Layout {
  std::int64_t tp = 1;  // t: tensor parallel group size
  // Norms and residuals on the rank's own s/(c t) tokens, between all-gather and reduce-scatter;
  // else on all s/c tokens of every tensor parallel rank, behind all-reduces.
  bool sequence_parallel = true;
  std::int64_t ulysses = 1;      // u: all-to-all group size
  std::int64_t ring = 1;         // r: size of the group that exchanges keys and values
  std::int64_t pp = 1;           // p: pipeline stages
  std::int64_t vpp = 1;          // v: model chunks per stage (interleaved schedule when > 1)
  std::int64_t ep = 1;           // expert parallel group size
  std::int64_t etp = 1;          // tensor parallel group size inside experts
  std::int64_t dp = 1;           // data parallel replicas
  std::int64_t micro_batch = 1;  // b: sequences per micro-batch and replica
  // Hierarchical all-to-alls: consecutive ranks of the group that exchange first, among themselves;
  // then those at the same place of each such run do. 1: one all-to-all of all.
  std::int64_t ulysses_in_node = 1;
  std::int64_t ep_in_node = 1;
  std::int64_t loss_chunks = 1;  // parts in which logits and loss are computed
  std::int64_t mlp_chunks = 1;   // parts in which dense feed-forwards are computed
  std::int64_t head_groups = 1;  // n: groups of heads that Ulysses sends one by one
  RingOrder ring_order = RingOrder::kZigzag;
  KvExchange kv_exchange = KvExchange::kPointToPoint;
  Placement placement = Placement::kUlyssesInner;
  Recompute recompute = Recompute::kNone;
  Sharding sharding = Sharding::kOptimizer;
  Offload offload = Offload::kNone;

  [[nodiscard]] std::int64_t cp() const { return ulysses * ring; }
  [[nodiscard]] std::int64_t world() const { return tp * cp() * dp * pp; }
  // Ranks that hold a copy of one expert: etp x ep x edp = tp x cp x dp.
  [[nodiscard]] std::int64_t expert_data_parallel() const { return tp * cp() * dp / (etp * ep); }
  [[nodiscard]] bool offloads_activations() const {
    return offload == Offload::kActivations || offload == Offload::kAll;
  }
  [[nodiscard]] bool offloads_optimizer() const {
    return offload == Offload::kOptimizer || offload == Offload::kAll;
  }

  bool operator==(const Layout&) const = default;
};

constexpr const char* name_of(RingOrder order) {
  switch (order) {
    case RingOrder::kZigzag:
      return "zigzag";
    case RingOrder::kContiguous:
      return "contiguous";
    case RingOrder::kStriped:
      return "striped";
  }
  return "";
}

constexpr const char* name_of(KvExchange exchange) {
  return exchange == KvExchange::kPointToPoint ? "p2p" : "all_gather";
}

constexpr const char* name_of(Placement placement) {
  switch (placement) {
    case Placement::kUlyssesInner:
      return "ulysses_inner";
    case Placement::kRingInner:
      return "ring_inner";
    case Placement::kPipelineInner:
      return "pipeline_inner";
  }
  return "";
}

constexpr const char* name_of(Recompute recompute) {
  switch (recompute) {
    case Recompute::kNone:
      return "none";
    case Recompute::kSelective:
      return "selective";
    case Recompute::kFull:
      return "full";
  }
  return "";
}

constexpr const char* name_of(Sharding sharding) {
  switch (sharding) {
    case Sharding::kNone:
      return "none";
    case Sharding::kOptimizer:
      return "optimizer";
    case Sharding::kGradients:
      return "gradients";
    case Sharding::kParameters:
      return "parameters";
  }
  return "";
}

constexpr const char* name_of(Offload offload) {
  switch (offload) {
    case Offload::kNone:
      return "none";
    case Offload::kActivations:
      return "activations";
    case Offload::kOptimizer:
      return "optimizer";
    case Offload::kAll:
      return "all";
  }
  return "";
}

}  // namespace seqspan::sim
