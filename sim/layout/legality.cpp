#include "sim/layout/legality.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/documents/row_split.hpp"
#include "sim/lower/dimensions.hpp"
#include "sim/lower/fp8.hpp"
#include "sim/lower/framework_traits.hpp"
#include "sim/lower/stages.hpp"
#include "sim/network/rank_order.hpp"
#include "sim/spec/layer_facts.hpp"

namespace seqspan::sim {
namespace {

bool needs_zigzag(const FrameworkTraits& traits, const Layout& layout) {
  if (layout.cp() == 1) return false;
  return traits.zigzag_everywhere || (layout.ring > 1 && layout.ring_order == RingOrder::kZigzag);
}

std::optional<ReasonCode> unsupported(const FrameworkTraits& traits, const Layout& layout) {
  const bool point_to_point = layout.kv_exchange == KvExchange::kPointToPoint;
  if (layout.tp > 1 && !traits.tensor_parallel) return ReasonCode::kTensorParallelUnsupported;
  if (!layout.sequence_parallel && layout.tp > 1 && !traits.without_sequence_parallel) {
    return ReasonCode::kSequenceParallelRequired;
  }
  if (layout.pp > 1 && !traits.pipeline_parallel) return ReasonCode::kPipelineUnsupported;
  if (layout.ep > 1 && !traits.expert_parallel) return ReasonCode::kExpertParallelUnsupported;
  if (layout.ulysses > 1 && !traits.ulysses) return ReasonCode::kUlyssesUnsupported;
  if (layout.ring > 1) {
    if (point_to_point && !traits.ring_point_to_point) return ReasonCode::kRingUnsupported;
    if (!point_to_point && (!traits.ring_all_gather || layout.ulysses > 1)) {
      return ReasonCode::kKvAllGatherUnsupported;
    }
    if (layout.ulysses > 1 && !traits.hybrid) return ReasonCode::kHybridUnsupported;
    if ((layout.ring_order == RingOrder::kContiguous && !traits.contiguous_order) ||
        (layout.ring_order == RingOrder::kStriped && !traits.striped_order)) {
      return ReasonCode::kRingOrderUnsupported;
    }
    if (layout.ulysses > 1 && layout.placement == Placement::kRingInner && !traits.ring_inner) {
      return ReasonCode::kPlacementUnsupported;
    }
  }
  if (layout.placement == Placement::kPipelineInner && !traits.pipeline_inner) {
    return ReasonCode::kPlacementUnsupported;
  }
  if (layout.recompute == Recompute::kSelective &&
      traits.selective_recompute == SelectiveRecompute::kNone) {
    return ReasonCode::kRecomputeUnsupported;
  }
  const bool offered = layout.sharding == Sharding::kParameters  ? traits.parameter_sharding
                       : layout.sharding == Sharding::kGradients ? traits.gradient_sharding
                                                                 : traits.optimizer_sharding;
  if (!offered) return ReasonCode::kShardingUnsupported;
  if (layout.sharding == Sharding::kParameters && layout.pp > 1 &&
      !traits.parameter_sharding_with_pipeline) {
    return ReasonCode::kShardingWithPipeline;
  }
  return std::nullopt;
}

std::optional<ReasonCode> broken_by_head_groups(const Job& job, const Layout& layout) {
  if (layout.head_groups == 1) return std::nullopt;
  bool divide = true;
  for (const LayerKind& kind : job.model.towers.front().kinds) {
    const std::int64_t heads = heads_of(kind.attention).query / (layout.tp * layout.ulysses);
    divide = divide && heads % layout.head_groups == 0;
  }
  if (layout.ulysses == 1 || layout.ring > 1 || !divide ||
      job.training.attention_kernel != AttentionKernel::kFlash) {
    return ReasonCode::kHeadGroupsUnsupported;
  }
  return std::nullopt;
}

std::optional<ReasonCode> broken_by_overlap(const Job& job, const Layout& layout) {
  if (!job.training.overlap_tensor_parallel || layout.tp == 1) return std::nullopt;
  const std::int64_t tokens = layout.micro_batch * job.training.sequence_length / layout.cp();
  bool latent = false;
  for (const LayerKind& kind : job.model.towers.front().kinds) {
    latent = latent || std::holds_alternative<LatentAttention>(kind.attention);
  }
  if (latent || !layout.sequence_parallel || tokens % (4 * layout.tp) != 0) {
    return ReasonCode::kTensorOverlapUnsupported;
  }
  return std::nullopt;
}

std::optional<ReasonCode> broken_by_offload(const Job& job, const FrameworkTraits& traits,
                                            const Layout& layout) {
  if (layout.offload == Offload::kNone) return std::nullopt;
  if (layout.offloads_activations()) {
    if (!traits.activation_offload) return ReasonCode::kActivationOffloadUnsupported;
    if (layout.recompute != Recompute::kFull) return ReasonCode::kOffloadNeedsFullRecompute;
  }
  if (layout.offloads_optimizer()) {
    if (!traits.optimizer_offload) return ReasonCode::kOptimizerOffloadUnsupported;
    const bool not_modelled =
        traits.gradient_buffer && layout.sharding == Sharding::kParameters;  // Megatron-FSDP
    if (layout.sharding == Sharding::kNone || not_modelled) {
      return ReasonCode::kOffloadNeedsSharding;
    }
  }
  if (!job.cluster.device.host_link.known()) return ReasonCode::kHostLinkUnknown;
  return std::nullopt;
}

std::optional<ReasonCode> broken_by_tiles(const Job& job, const FrameworkTraits& traits,
                                          const Layout& layout) {
  if (layout.mlp_chunks == 1) return std::nullopt;
  if (!traits.tiled_mlp ||
      layout.mlp_chunks > layout.micro_batch * job.training.sequence_length / layout.cp()) {
    return ReasonCode::kTiledMlpUnsupported;
  }
  for (const LayerKind& kind : job.model.towers.front().kinds) {
    if (!std::holds_alternative<DenseFeedForward>(kind.feed_forward)) {
      return ReasonCode::kTiledMlpUnsupported;
    }
  }
  return std::nullopt;
}

bool splits(std::int64_t group, std::int64_t run) {
  return run == 1 || (group > run && group % run == 0);
}

std::optional<ReasonCode> broken_by_heads(const FrameworkTraits& traits, HeadCounts heads,
                                          const Layout& layout) {
  if (heads.query % (layout.tp * layout.ulysses) != 0) {
    return ReasonCode::kQueryHeadsNotDivisible;
  }
  const bool gathers = traits.gathers_qkv_over_tp && layout.tp % heads.kv == 0;
  if (heads.kv % layout.tp != 0 && !gathers) {
    return ReasonCode::kKvHeadsNotDivisibleByTp;
  }
  const std::int64_t local = std::max<std::int64_t>(heads.kv / layout.tp, 1);
  const bool repeats = traits.replicates_kv_heads && layout.ulysses % local == 0;
  if (local % layout.ulysses != 0 && !repeats) return ReasonCode::kKvHeadsNotDivisibleByUlysses;
  return std::nullopt;
}

std::optional<ReasonCode> broken_by_latent(const FrameworkTraits& traits,
                                           const Attention& attention, const Layout& layout) {
  if (!is_latent(attention)) return std::nullopt;
  if (!traits.latent_attention) return ReasonCode::kLatentAttentionUnsupported;
  const bool rings = layout.ring > 1 && layout.kv_exchange == KvExchange::kPointToPoint;
  if (traits.latent_ring_only && layout.cp() > 1 && !rings) return ReasonCode::kLatentNeedsRing;
  return std::nullopt;
}

std::optional<ReasonCode> broken_by_feed_forward(const FeedForward& part, const Layout& layout) {
  const bool experts = expert_count(part) > 0;
  const std::int64_t degree = experts ? layout.etp : layout.tp;
  if (intermediate_of(part) % degree != 0 || shared_intermediate_of(part) % layout.tp != 0) {
    return ReasonCode::kFeedForwardNotDivisible;
  }
  if (experts && expert_count(part) % layout.ep != 0) return ReasonCode::kExpertsNotDivisible;
  return std::nullopt;
}

bool offers(const FrameworkTraits& traits, Fp8Recipe recipe) {
  switch (recipe) {
    case Fp8Recipe::kDelayed:
      return traits.fp8_delayed;
    case Fp8Recipe::kTensorwise:
      return traits.fp8_tensorwise;
    case Fp8Recipe::kRowwise:
      return traits.fp8_rowwise;
  }
  return false;
}

bool is_even(std::int64_t side) { return side % 16 == 0; }

// The numbers that are summed, or stand side by side, in a product of FP8.
bool has_even_sides(const FullAttention& attention, std::int64_t tp) {
  const std::int64_t heads = attention.query_heads * attention.head_dim;
  const std::int64_t all = heads + 2 * attention.kv_heads * attention.head_dim;
  return is_even(heads / tp) && is_even(all / tp);
}

bool has_even_sides(const LatentAttention& attention, std::int64_t tp) {
  const std::int64_t heads = attention.heads / tp;
  return is_even(attention.query_rank) && is_even(attention.kv_rank) &&
         is_even(attention.kv_rank + attention.rotary_dim) &&
         is_even(heads * attention.key_dim()) &&
         is_even(heads * (attention.plain_dim + attention.value_dim)) &&
         is_even(heads * attention.value_dim);
}

bool has_even_sides(const LayerKind& kind, const Tower& tower, const Layout& layout) {
  const FeedForward& feed_forward = kind.feed_forward;
  const std::int64_t degree = expert_count(feed_forward) > 0 ? layout.etp : layout.tp;
  const bool even_heads = std::visit(
      [&](const auto& attention) { return has_even_sides(attention, layout.tp); }, kind.attention);
  return even_heads && is_even(tower.hidden) && is_even(intermediate_of(feed_forward) / degree) &&
         is_even(shared_intermediate_of(feed_forward) / layout.tp);
}

std::optional<ReasonCode> broken_by_fp8(const Job& job, const FrameworkTraits& traits,
                                        const Layout& layout) {
  const Training& training = job.training;
  if (training.linear_precision == LinearPrecision::kBFloat16) return std::nullopt;
  if (job.cluster.device.efficiency.fp8_gemm == 0) return ReasonCode::kFp8DeviceUnsupported;
  const Fp8Recipe recipe = fp8_recipe_of(training, traits);
  const bool unmodelled = (recipe == Fp8Recipe::kRowwise && layout.tp > 1) ||
                          (traits.fp8_keeps_casts && layout.sharding == Sharding::kParameters);
  const bool gathers =
      !training.fp8_all_gather || (traits.fp8_weight_gather && recipe != Fp8Recipe::kRowwise &&
                                   layout.sharding != Sharding::kNone);
  if (!offers(traits, recipe) || !gathers || unmodelled) return ReasonCode::kFp8RecipeUnsupported;
  const Tower& tower = job.model.towers.front();
  const Dimensions dimensions = dimensions_of(tower, training, layout);
  for (const LayerKind& kind : tower.kinds) {
    const bool more_than_dense = is_latent(kind.attention) || expert_count(kind.feed_forward) > 0;
    if ((more_than_dense && !traits.fp8_latent_and_experts) ||
        !has_even_sides(kind, tower, layout) || !is_even(dimensions.shard_rows)) {
      return ReasonCode::kFp8ModelUnsupported;
    }
  }
  return std::nullopt;
}

std::optional<ReasonCode> broken_by_documents(const Job& job, const FrameworkTraits& traits,
                                              const Layout& layout) {
  if (!job.training.documents) return std::nullopt;
  const DocumentSplit split = document_split(job);
  const bool offered =
      split == DocumentSplit::kPerDocument ? traits.per_document_split : traits.whole_row_split;
  const bool strides =
      layout.ring > 1 && layout.ring_order == RingOrder::kStriped && !traits.whole_row_split;
  if (!offered || strides || (layout.ulysses > 1 && !traits.documents_with_ulysses)) {
    return ReasonCode::kDocumentsUnsupported;
  }
  if (job.training.documents->context_parallel == DocumentGroups::kFixed) return std::nullopt;
  const bool is_power_of_two = (layout.ring & (layout.ring - 1)) == 0;
  const bool in_ring =
      layout.ulysses == 1 && is_power_of_two && layout.kv_exchange == KvExchange::kPointToPoint;
  if (!traits.per_document_groups || split != DocumentSplit::kPerDocument || !in_ring ||
      layout.pp > 1 || layout.ep > 1 || layout.micro_batch > 1 ||
      layout.sharding == Sharding::kParameters) {
    return ReasonCode::kDocumentGroupsUnsupported;
  }
  return std::nullopt;
}

}  // namespace

std::optional<ReasonCode> broken_rule(const Job& job, const Layout& layout) {
  const FrameworkTraits& traits = traits_of(job.framework);
  const Tower& tower = job.model.towers.front();
  const bool attention_alone = job.training.scope == TrainingScope::kAttention;
  if (const auto code = unsupported(traits, layout)) return code;
  if (job.training.compile.value_or(false) && !traits.compiles) {
    return ReasonCode::kCompileUnsupported;
  }
  if (job.training.recompute_early_stop &&
      (!traits.recompute_early_stop || layout.offloads_activations())) {
    return ReasonCode::kEarlyStopUnsupported;
  }
  if (const auto code = broken_by_offload(job, traits, layout)) return code;
  if (const auto code = broken_by_tiles(job, traits, layout)) return code;
  if (const auto code = broken_by_documents(job, traits, layout)) return code;
  if (layout.world() != job.cluster.gpu_count()) return ReasonCode::kWorldSize;
  if (job.training.global_batch_size % (layout.dp * layout.micro_batch) != 0) {
    return ReasonCode::kBatchNotDivisible;
  }
  const std::int64_t chunks = layout.cp() * (needs_zigzag(traits, layout) ? 2 : 1);
  if (job.training.sequence_length % chunks != 0) return ReasonCode::kSequenceNotDivisible;
  if (layout.sequence_parallel && job.training.sequence_length / layout.cp() % layout.tp != 0) {
    return ReasonCode::kTokensNotDivisibleByTp;
  }
  for (const LayerKind& kind : tower.kinds) {
    if (const auto code = broken_by_latent(traits, kind.attention, layout)) return code;
    if (const auto code = broken_by_heads(traits, heads_of(kind.attention), layout)) return code;
    if (attention_alone) break;
    if (const auto code = broken_by_feed_forward(kind.feed_forward, layout)) return code;
  }
  if (const auto code = broken_by_head_groups(job, layout)) return code;
  if (!attention_alone) {
    if (const auto code = broken_by_fp8(job, traits, layout)) return code;
    if (const auto code = broken_by_overlap(job, layout)) return code;
  }
  if (attention_alone &&
      (layout.pp > 1 || layout.vpp > 1 || layout.ep > 1 || layout.recompute != Recompute::kNone ||
       layout.offload != Offload::kNone || layout.sharding != traits.sharding)) {
    return ReasonCode::kAttentionAloneHasOneLayer;
  }
  if (!splits(layout.ulysses, layout.ulysses_in_node) || !splits(layout.ep, layout.ep_in_node)) {
    return ReasonCode::kHierarchyNotDivisible;
  }
  if (layout.vpp > 1 && layout.pp == 1) return ReasonCode::kInterleavingWithoutPipeline;
  if (!layers_divide(tower.layer_count(), layout)) return ReasonCode::kLayersNotDivisible;
  const std::int64_t micro_batches =
      job.training.global_batch_size / (layout.dp * layout.micro_batch);
  if (layout.vpp > 1 && micro_batches % layout.pp != 0) {
    return ReasonCode::kMicroBatchesNotMultipleOfStages;
  }
  if (layout.ring > 1 && job.training.attention_kernel == AttentionKernel::kUnfused) {
    return ReasonCode::kUnfusedNeedsWholeSequence;
  }
  if (!layout.sequence_parallel && layout.tp > 1 && has_experts(tower)) {
    return ReasonCode::kSequenceParallelRequired;
  }
  if (!has_experts(tower)) {
    if (layout.ep > 1 || layout.etp > 1) return ReasonCode::kExpertParallelWithoutExperts;
  } else if (layout.tp * layout.cp() * layout.dp % (layout.etp * layout.ep) != 0) {
    return ReasonCode::kExpertGridNotDivisible;
  }
  if (layout.placement == Placement::kPipelineInner && layout.pp > 1 &&
      !replicas_agree(layout, has_experts(tower))) {
    return ReasonCode::kReplicasDiffer;
  }
  return std::nullopt;
}

std::string describe(ReasonCode code, const Job& job, const Layout& layout) {
  const HeadCounts heads = heads_of(job.model.towers.front().kinds.front().attention);
  switch (code) {
    case ReasonCode::kWorldSize:
      return fmt::format(
          "tp {} x ulysses {} x ring {} x pp {} x dp {} = {} ranks, but the cluster "
          "has {} GPUs",
          layout.tp, layout.ulysses, layout.ring, layout.pp, layout.dp, layout.world(),
          job.cluster.gpu_count());
    case ReasonCode::kBatchNotDivisible:
      return fmt::format("global batch {} is no multiple of dp {} x micro_batch {}",
                         job.training.global_batch_size, layout.dp, layout.micro_batch);
    case ReasonCode::kSequenceNotDivisible:
      return fmt::format("{} tokens do not divide into {} equal chunks",
                         job.training.sequence_length,
                         layout.cp() * (needs_zigzag(traits_of(job.framework), layout) ? 2 : 1));
    case ReasonCode::kTokensNotDivisibleByTp:
      return fmt::format("{} tokens per context parallel rank are no multiple of tp {}",
                         job.training.sequence_length / layout.cp(), layout.tp);
    case ReasonCode::kQueryHeadsNotDivisible:
      return fmt::format("{} query heads are no multiple of tp {} x ulysses {}", heads.query,
                         layout.tp, layout.ulysses);
    case ReasonCode::kKvHeadsNotDivisibleByTp:
      return fmt::format("{} KV heads and tp {} do not divide", heads.kv, layout.tp);
    case ReasonCode::kKvHeadsNotDivisibleByUlysses:
      return fmt::format(
          "{} KV heads per tensor parallel rank are no multiple of ulysses {}, and "
          "{} does not repeat KV heads{}",
          std::max<std::int64_t>(heads.kv / layout.tp, 1), layout.ulysses, name_of(job.framework),
          traits_of(job.framework).replicates_kv_heads ? " to this number" : "");
    case ReasonCode::kLayersNotDivisible:
      return fmt::format("{} layers do not divide over pp {} x vpp {}",
                         job.model.towers.front().layer_count(), layout.pp, layout.vpp);
    case ReasonCode::kMicroBatchesNotMultipleOfStages:
      return fmt::format("{} micro-batches are no multiple of pp {}",
                         job.training.global_batch_size / (layout.dp * layout.micro_batch),
                         layout.pp);
    case ReasonCode::kHierarchyNotDivisible:
      return fmt::format("ulysses {} in runs of ulysses_in_node {}, ep {} in runs of ep_in_node {}",
                         layout.ulysses, layout.ulysses_in_node, layout.ep, layout.ep_in_node);
    case ReasonCode::kExpertGridNotDivisible:
      return fmt::format("tp x cp x dp = {} is no multiple of etp {} x ep {}",
                         layout.tp * layout.cp() * layout.dp, layout.etp, layout.ep);
    case ReasonCode::kReplicasDiffer:
      return has_experts(job.model.towers.front())
                 ? fmt::format(
                       "stages inside replicas: a replica's stage is tp x cp = {} ranks, and its "
                       "experts are etp x ep = {}",
                       layout.tp * layout.cp(), layout.etp * layout.ep)
                 : fmt::format(
                       "stages inside replicas: a replica's stage is tp x cp = {} ranks, and "
                       "Megatron counts experts, which this model has none of, on tp = {}",
                       layout.tp * layout.cp(), layout.tp);
    default:
      return std::string(facts_of(code).rule);
  }
}

std::int64_t kv_replication(const Job& job, const Layout& layout) {
  std::int64_t replication = 1;
  for (const LayerKind& kind : job.model.towers.front().kinds) {
    const std::int64_t local = std::max<std::int64_t>(heads_of(kind.attention).kv / layout.tp, 1);
    if (layout.ulysses > local) replication = std::max(replication, layout.ulysses / local);
  }
  return replication;
}

}  // namespace seqspan::sim
