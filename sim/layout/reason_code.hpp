// Why a layout is refused. Every code has a rule that holds anywhere (`explain CODE` prints it) and
// a sentence for one layout.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace seqspan::sim {

enum class ReasonCode : std::uint8_t {
  kWorldSize,
  kBatchNotDivisible,
  kSequenceNotDivisible,
  kTokensNotDivisibleByTp,
  kQueryHeadsNotDivisible,
  kKvHeadsNotDivisibleByTp,
  kKvHeadsNotDivisibleByUlysses,
  kFeedForwardNotDivisible,
  kLayersNotDivisible,
  kInterleavingWithoutPipeline,
  kMicroBatchesNotMultipleOfStages,
  kExpertParallelWithoutExperts,
  kExpertsNotDivisible,
  kExpertGridNotDivisible,
  kHierarchyNotDivisible,
  kTensorParallelUnsupported,
  kSequenceParallelRequired,
  kPipelineUnsupported,
  kExpertParallelUnsupported,
  kUlyssesUnsupported,
  kRingUnsupported,
  kKvAllGatherUnsupported,
  kHybridUnsupported,
  kUnfusedNeedsWholeSequence,
  kRingOrderUnsupported,
  kPlacementUnsupported,
  kReplicasDiffer,
  kLatentAttentionUnsupported,
  kLatentNeedsRing,
  kRecomputeUnsupported,
  kShardingUnsupported,
  kShardingWithPipeline,
  kEarlyStopUnsupported,
  kCompileUnsupported,
  kActivationOffloadUnsupported,
  kOffloadNeedsFullRecompute,
  kOptimizerOffloadUnsupported,
  kOffloadNeedsSharding,
  kHostLinkUnknown,
  kTiledMlpUnsupported,
  kAttentionAloneHasOneLayer,
  kFp8DeviceUnsupported,
  kFp8RecipeUnsupported,
  kFp8ModelUnsupported,
  kDocumentsUnsupported,
  kDocumentGroupsUnsupported,
  kTensorOverlapUnsupported,
  kHeadGroupsUnsupported,
  kDoesNotFit,
  kHostDoesNotFit,
};
inline constexpr std::size_t kReasonCodeCount = 50;

struct ReasonFacts {
  ReasonCode code;
  std::string_view name;  // "kv_heads_not_divisible_by_ulysses"
  std::string_view rule;  // what must hold, for whom, and why
  std::string_view fix;
  std::string_view source;
};

[[nodiscard]] const ReasonFacts& facts_of(ReasonCode code);
[[nodiscard]] const std::array<ReasonFacts, kReasonCodeCount>& all_reasons();
[[nodiscard]] std::optional<ReasonCode> reason_named(std::string_view name);

}  // namespace seqspan::sim
