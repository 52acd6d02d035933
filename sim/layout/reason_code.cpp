#include "sim/layout/reason_code.hpp"

namespace seqspan::sim {
namespace {

constexpr std::array<ReasonFacts, kReasonCodeCount> kReasons{{
    {ReasonCode::kWorldSize, "world_size",
     "tp x ulysses x ring x pp x dp must equal the number of GPUs of the cluster.",
     "Change a degree, or leave dp out so that it follows from the cluster.",
     "Megatron-LM megatron/core/parallel_state.py"},
    {ReasonCode::kBatchNotDivisible, "batch_not_divisible",
     "The global batch must be a multiple of dp x micro_batch: every replica runs the same whole "
     "number of micro-batches.",
     "Choose fewer replicas (more tp, cp or pp), a smaller micro-batch, or another global batch.",
     "Megatron-LM megatron/core/num_microbatches_calculator.py"},
    {ReasonCode::kSequenceNotDivisible, "sequence_not_divisible",
     "The sequence must be a multiple of the context parallel size c, and of 2c where rows are "
     "dealt in zigzag (2c chunks, two to a rank). Megatron and torchtitan always deal zigzag, even "
     "to Ulysses.",
     "Pad the sequence to a multiple of 2c, or choose another c.",
     "Megatron-LM megatron/training/arguments.py; torchtitan distributed/parallel_dims.py"},
    {ReasonCode::kTokensNotDivisibleByTp, "tokens_not_divisible_by_tp",
     "Sequence parallelism splits a rank's s/c tokens over its tensor parallel group, so s/c must "
     "be "
     "a multiple of tp.",
     "Choose another tp or c, or pad the sequence.",
     "Megatron-LM megatron/core/tensor_parallel/mappings.py"},
    {ReasonCode::kQueryHeadsNotDivisible, "query_heads_not_divisible",
     "Tensor parallelism and Ulysses split the query heads: heads must be a multiple of tp x "
     "ulysses, so Ulysses can never be larger than heads / tp.",
     "Choose a smaller tp x ulysses and put the rest of the context parallel size into the ring.",
     "TransformerEngine context_parallel.py; DeepSpeed ulysses_sp.py"},
    {ReasonCode::kKvHeadsNotDivisibleByTp, "kv_heads_not_divisible_by_tp",
     "KV heads must be a multiple of tp, or tp a multiple of the KV heads (Megatron then "
     "all-gathers "
     "the QKV activation; torchtitan refuses tp above the KV heads).",
     "Choose a tp that divides the KV heads.",
     "Megatron-LM megatron/core/transformer/transformer_config.py"},
    {ReasonCode::kKvHeadsNotDivisibleByUlysses, "kv_heads_not_divisible_by_ulysses",
     "Ulysses splits the KV heads that tensor parallelism leaves: (KV heads / tp) must be a "
     "multiple "
     "of ulysses. DeepSpeed (ALST) repeats KV heads up to ulysses instead when ulysses is a "
     "multiple "
     "of the KV heads; TransformerEngine and yunchang do not.",
     "Choose ulysses up to KV heads / tp and put the rest into the ring, or a framework that "
     "repeats "
     "KV heads.",
     "TransformerEngine context_parallel.py; DeepSpeed ulysses_sp.py"},
    {ReasonCode::kFeedForwardNotDivisible, "feed_forward_not_divisible",
     "The feed-forward size must be a multiple of tp, and an expert's of etp.",
     "Choose another tp or etp.", "Megatron-LM megatron/core/tensor_parallel/layers.py"},
    {ReasonCode::kLayersNotDivisible, "layers_not_divisible",
     "Layers, or layers + 2 where the embedding and the loss count as one each, must be a multiple "
     "of pp x vpp. Without interleaving, and with at least 3 stages, the first and last stage may "
     "have fewer, at least one each.",
     "Choose another pp or vpp.", "Megatron-LM megatron/core/transformer/transformer_block.py"},
    {ReasonCode::kInterleavingWithoutPipeline, "interleaving_without_pipeline",
     "Several model chunks per stage (vpp > 1) need a pipeline (pp > 1).", "Set vpp=1.",
     "Megatron-LM megatron/training/arguments.py"},
    {ReasonCode::kMicroBatchesNotMultipleOfStages, "micro_batches_not_multiple_of_stages",
     "The interleaved schedule runs micro-batches in groups of pp: their number must be a multiple "
     "of "
     "pp.",
     "Set vpp=1, or change the global batch, the micro-batch or pp.",
     "Megatron-LM megatron/core/pipeline_parallel/schedules.py"},
    {ReasonCode::kExpertParallelWithoutExperts, "expert_parallel_without_experts",
     "Expert parallelism (ep or etp > 1) needs a mixture-of-experts model.", "Set ep=1,etp=1.", ""},
    {ReasonCode::kExpertsNotDivisible, "experts_not_divisible",
     "The number of experts must be a multiple of ep.", "Choose an ep that divides the experts.",
     "Megatron-LM megatron/core/transformer/moe/experts.py"},
    {ReasonCode::kExpertGridNotDivisible, "expert_grid_not_divisible",
     "Experts are laid out anew over the ranks of a stage: tp x cp x dp must be a multiple of etp "
     "x "
     "ep.",
     "Choose a smaller ep or etp.", "Megatron-LM megatron/core/parallel_state.py"},
    {ReasonCode::kHierarchyNotDivisible, "hierarchy_not_divisible",
     "A hierarchical all-to-all splits its group into equal runs of at least two, and there must "
     "be "
     "at least two of them: ulysses_in_node divides ulysses and ep_in_node divides ep, and both "
     "are "
     "smaller.",
     "Set ulysses_in_node=1 and ep_in_node=1, or the ranks of the group that share a node.", ""},
    {ReasonCode::kTensorParallelUnsupported, "tensor_parallel_unsupported",
     "DeepSpeed (ALST) and yunchang are modelled without tensor parallelism: neither composes its "
     "sequence parallel groups with one.",
     "Set tp=1, or choose megatron or torchtitan.",
     "DeepSpeed runtime/sequence_parallel/parallel_state_sp.py; yunchang globals.py"},
    {ReasonCode::kSequenceParallelRequired, "sequence_parallel_required",
     "Tensor parallelism without sequence parallelism (sequence_parallel=false with tp > 1) is "
     "offered by Megatron only, and not for mixtures of experts.",
     "Leave sequence_parallel at true.", "Megatron-LM megatron/training/arguments.py"},
    {ReasonCode::kPipelineUnsupported, "pipeline_unsupported",
     "DeepSpeed (ALST) and yunchang are modelled without pipeline parallelism.",
     "Set pp=1, or choose megatron or torchtitan.",
     "DeepSpeed runtime/sequence_parallel/ulysses_sp.py"},
    {ReasonCode::kExpertParallelUnsupported, "expert_parallel_unsupported",
     "DeepSpeed (ALST) and yunchang are modelled without expert parallelism.",
     "Set ep=1, or choose megatron or torchtitan.",
     "DeepSpeed runtime/sequence_parallel/ulysses_sp.py"},
    {ReasonCode::kUlyssesUnsupported, "ulysses_unsupported",
     "torchtitan's context parallelism has no all-to-all of heads.",
     "Set ulysses=1 and use the ring axis (kv_exchange=all_gather).",
     "torchtitan models/common/attention.py"},
    {ReasonCode::kRingUnsupported, "ring_unsupported",
     "A point-to-point ring of keys and values is not offered: DeepSpeed (ALST) has Ulysses only, "
     "torchtitan all-gathers keys and values.",
     "Use ulysses with deepspeed, kv_exchange=all_gather with torchtitan.",
     "DeepSpeed ulysses_sp.py; torchtitan models/common/attention.py"},
    {ReasonCode::kKvAllGatherUnsupported, "kv_all_gather_unsupported",
     "All-gather of keys and values is offered by Megatron (cp_comm_type all_gather, without "
     "Ulysses) and torchtitan.",
     "Set kv_exchange=p2p.", "TransformerEngine context_parallel.py"},
    {ReasonCode::kHybridUnsupported, "hybrid_unsupported",
     "Ulysses and a ring together are offered by Megatron (cp_comm_type a2a+p2p) and yunchang "
     "only.",
     "Use one of the two.", "TransformerEngine context_parallel.py; yunchang hybrid/attn_layer.py"},
    {ReasonCode::kUnfusedNeedsWholeSequence, "unfused_needs_whole_sequence",
     "Unfused attention holds the scores of all keys at once: a ring, which merges partial results "
     "of flash kernels, cannot be built on it.",
     "Set ring=1, or training.attention_kernel=flash.", "TransformerEngine context_parallel.py"},
    {ReasonCode::kRingOrderUnsupported, "ring_order_unsupported",
     "Megatron and torchtitan deal the sequence in zigzag only; yunchang also contiguous and "
     "striped.",
     "Set ring_order=zigzag.", "Megatron-LM megatron/core/utils.py get_batch_on_this_cp_rank"},
    {ReasonCode::kPlacementUnsupported, "placement_unsupported",
     "Megatron puts the all-to-all group on consecutive ranks (ulysses_inner); only yunchang can "
     "put "
     "the ring there, and only Megatron the stages of a pipeline inside the replicas "
     "(pipeline_inner).",
     "Set placement=ulysses_inner.",
     "TransformerEngine context_parallel.py; yunchang globals.py; Megatron-LM "
     "megatron/core/parallel_state.py"},
    {ReasonCode::kReplicasDiffer, "replicas_differ",
     "With stages inside replicas (placement=pipeline_inner, --use-tp-pp-dp-mapping) and pp > 1, "
     "Megatron asserts that experts have as many replicas as the rest: etp x ep = tp x cp. A dense "
     "model counts as one of etp = tp and ep = 1: no context parallelism.",
     "Set placement=ulysses_inner; else, with experts, etp x ep to tp x cp, and without, ulysses "
     "and ring to 1.",
     "Megatron-LM megatron/core/parallel_state.py initialize_model_parallel"},
    {ReasonCode::kLatentAttentionUnsupported, "latent_attention_unsupported",
     "Latent attention (MLA) is modelled for megatron only: torchtitan shares out its projections "
     "in another way, and DeepSpeed (ALST) and yunchang run Hugging Face modules of their own.",
     "Choose megatron.", "Megatron-LM megatron/core/transformer/multi_latent_attention.py"},
    {ReasonCode::kLatentNeedsRing, "latent_needs_ring",
     "With latent attention, heads of keys and values differ in width. TransformerEngine's context "
     "parallelism then takes a point-to-point ring, alone or with Ulysses (p2p, a2a+p2p), and "
     "refuses Ulysses alone and all-gathered keys and values (a2a, all_gather).",
     "Use ring with kv_exchange=p2p.",
     "TransformerEngine context_parallel.py "
     "attn_forward_func_with_cp"},
    {ReasonCode::kRecomputeUnsupported, "recompute_unsupported",
     "Selective recomputation is Megatron's (of the attention) and torchtitan's (of every second "
     "product). Hugging Face checkpointing is all or nothing.",
     "Set recompute=none or recompute=full.",
     "Megatron-LM megatron/core/transformer/transformer_config.py; torchtitan "
     "distributed/activation_checkpoint.py"},
    {ReasonCode::kShardingUnsupported, "sharding_unsupported",
     "Megatron shards the optimizer state, or all (Megatron-FSDP); torchtitan always shards "
     "parameters (FSDP2); DeepSpeed and yunchang offer every ZeRO stage.",
     "Set a sharding that the framework has.",
     "Megatron-LM docs/user-guide/features/dist_optimizer.md; torchtitan config/configs.py"},
    {ReasonCode::kShardingWithPipeline, "sharding_with_pipeline",
     "Megatron-FSDP (sharding=parameters) is modelled without pipeline parallelism.",
     "Set pp=1 or sharding=optimizer.", "Megatron-LM megatron/training/arguments.py"},
    {ReasonCode::kEarlyStopUnsupported, "early_stop_unsupported",
     "Recomputation that ends early (training.recompute_early_stop) is of PyTorch's non-reentrant "
     "checkpoint. Megatron has a checkpoint of its own, and ALST, where it offloads activations, "
     "PyTorch's reentrant one: both run all of a layer's forward again.",
     "Set training.recompute_early_stop=false.",
     "PyTorch torch/utils/checkpoint.py (pytorch/pytorch pull 96866); Megatron-LM "
     "megatron/core/tensor_parallel/random.py CheckpointFunction"},
    {ReasonCode::kCompileUnsupported, "compile_unsupported",
     "torch.compile (training.compile=true) is modelled of torchtitan only: Megatron-LM's kernels "
     "are fused as they are, and Hugging Face modules compiled are not modelled.",
     "Leave training.compile out, or set framework=torchtitan.",
     "torchtitan config/job_config.py (compile.enable)"},
    {ReasonCode::kActivationOffloadUnsupported, "activation_offload_unsupported",
     "Inputs of recomputed layers go to the host in DeepSpeed (ALST) only. Megatron's "
     "cpu_offloading "
     "excludes recomputation; its fine-grained offload of module inputs is not modelled. "
     "torchtitan "
     "and yunchang have none.",
     "Set offload=none or offload=optimizer, or choose deepspeed.",
     "ArcticTraining monkey_patches.py; Megatron-LM "
     "megatron/core/transformer/transformer_config.py"},
    {ReasonCode::kOffloadNeedsFullRecompute, "offload_needs_full_recompute",
     "offload=activations moves the inputs of layers that are recomputed: what else backward reads "
     "would stay on the GPU.",
     "Set recompute=full.", "ArcticTraining monkey_patches.py CheckpointFunctionWithCPUOffload"},
    {ReasonCode::kOptimizerOffloadUnsupported, "optimizer_offload_unsupported",
     "torchtitan's enable_cpu_offload (FSDP2) moves parameters and gradients to the host as well, "
     "which is not modelled.",
     "Set offload=none, or choose deepspeed, yunchang or megatron.",
     "torchtitan config/configs.py; PyTorch CPUOffloadPolicy"},
    {ReasonCode::kOffloadNeedsSharding, "offload_needs_sharding",
     "ZeRO-Offload needs a ZeRO stage (sharding optimizer, gradients or parameters); Megatron's "
     "--optimizer-cpu-offload needs the distributed optimizer, and is not modelled with "
     "Megatron-FSDP.",
     "Set sharding=optimizer.",
     "DeepSpeed runtime/zero/offload_config.py; Megatron-LM "
     "core/optimizer/cpu_offloading/hybrid_optimizer.py"},
    {ReasonCode::kHostLinkUnknown, "host_link_unknown",
     "The device profile says nothing of the GPU's link to its host.",
     "Add host_link to the device, or set offload=none.", ""},
    {ReasonCode::kTiledMlpUnsupported, "tiled_mlp_unsupported",
     "Feed-forwards are computed in parts by DeepSpeed (ALST TiledMLP) only, only dense gated "
     "ones, "
     "and in no more parts than a rank has tokens.",
     "Set mlp_chunks=1, or choose deepspeed.",
     "DeepSpeed runtime/sequence_parallel/ulysses_sp.py TiledMLP"},
    {ReasonCode::kAttentionAloneHasOneLayer, "attention_alone_has_one_layer",
     "A job of attention alone (training.scope=attention) has one layer without weights, and its "
     "inputs are kept: pp, vpp and ep must be 1, recompute and offload none and sharding left at "
     "its default.",
     "Leave these keys out, or set training.scope=step.", "how such benchmarks are run"},
    {ReasonCode::kFp8DeviceUnsupported, "fp8_device_unsupported",
     "FP8 linears (training.linear_precision=fp8) need a device whose profile has the rate of its "
     "FP8 products (peak_fp8 and efficiency.fp8_gemm). GPUs before Hopper have no FP8.",
     "Set training.linear_precision=bf16, choose a device with FP8, or measure its rate.",
     "TransformerEngine pytorch/fp8.py check_fp8_support (compute capability 8.9 or higher)"},
    {ReasonCode::kFp8RecipeUnsupported, "fp8_recipe_unsupported",
     "Megatron (with TransformerEngine) has the recipes delayed and tensorwise, modelled without "
     "sharding=parameters; torchtitan (with torchao) tensorwise and rowwise, rowwise modelled "
     "without tensor parallelism; DeepSpeed (ALST) and yunchang have none. Weights are gathered in "
     "FP8 (training.fp8_all_gather) by both, of tensors with one scale, where something is "
     "sharded.",
     "Choose a recipe that the framework has (training.fp8_recipe), or "
     "training.linear_precision=bf16.",
     "Megatron-LM megatron/training/arguments.py (--fp8-recipe, --fp8-param-gather); pytorch/ao "
     "torchao/float8/config.py; torchtitan docs/float8.md"},
    {ReasonCode::kFp8ModelUnsupported, "fp8_model_unsupported",
     "FP8 linears of latent attention and of experts are modelled for Megatron only. A rank's "
     "rows, "
     "and the sides of its matrices, must be multiples of 16.",
     "Set training.linear_precision=bf16, or change tp, cp or the sequence.",
     "TransformerEngine pytorch/utils.py assert_dim_for_fp8_exec; torch._scaled_mm"},
    {ReasonCode::kDocumentsUnsupported, "documents_unsupported",
     "Rows packed of documents (training.documents): Megatron deals each document over the ring "
     "(split=per_document), or the row (whole_row); torchtitan and DeepSpeed (ALST) know the row "
     "only; yunchang has kernels for documents in its rings only, dealt per document, zigzag or "
     "contiguous, without Ulysses.",
     "Leave split out, or choose a ring without Ulysses with yunchang.",
     "TransformerEngine context_parallel.py; torchtitan models/common/attention.py; yunchang "
     "ring/zigzag_ring_flash_attn_varlen.py, hybrid/attn_layer.py"},
    {ReasonCode::kDocumentGroupsUnsupported, "document_groups_unsupported",
     "Context parallel groups as small as each document allows "
     "(training.documents.context_parallel=per_document) are offered by Megatron "
     "(--hybrid-context-parallel), without a pipeline and without Megatron-FSDP; modelled with a "
     "point-to-point ring of a power of two, one document at a time (micro_batch=1), documents "
     "dealt per document, and without expert parallelism.",
     "Set pp, ulysses, ep and micro_batch to 1, or context_parallel to fixed.",
     "Megatron-LM megatron/training/arguments.py, core/pipeline_parallel/hybrid_cp_schedule.py"},
    {ReasonCode::kTensorOverlapUnsupported, "tensor_overlap_unsupported",
     "Tensor parallel communication under products (training.overlap_tensor_parallel) needs "
     "sequence parallelism and, of each GPU's tokens of a micro-batch, a multiple of 4 (pieces "
     "that are scattered). With latent attention it is not modelled.",
     "Set sequence_parallel=true, or training.overlap_tensor_parallel=false.",
     "Megatron-LM megatron/training/arguments.py (--tp-comm-overlap); TransformerEngine "
     "pytorch/module/base.py initialize_ub"},
    {ReasonCode::kHeadGroupsUnsupported, "head_groups_unsupported",
     "Groups of heads (head_groups) are of Ulysses without a ring, with flash attention, and "
     "divide the query heads that a rank has after the all-to-all, a/(t u).",
     "Set head_groups=1, or a divisor of a/(t u).",
     "arXiv 2602.21196; AI-Hypercomputer/maxdiffusion pull 428"},
    {ReasonCode::kDoesNotFit, "does_not_fit",
     "The predicted peak on some pipeline stage is above the memory of one GPU.",
     "Split more (ulysses, ring, tp, pp), recompute (recompute=full), shard more, or chunk the "
     "loss.",
     ""},
    {ReasonCode::kHostDoesNotFit, "host_does_not_fit",
     "What the GPUs of a node offload is more than host_memory of the cluster.",
     "Split more, shard more, or offload less.", ""},
}};

// facts_of looks them up by their place.
constexpr bool stand_in_order_of_codes() {
  for (std::size_t i = 0; i < kReasons.size(); ++i) {
    if (static_cast<std::size_t>(kReasons[i].code) != i) return false;
  }
  return true;
}
static_assert(stand_in_order_of_codes());

}  // namespace

const ReasonFacts& facts_of(ReasonCode code) { return kReasons[static_cast<std::size_t>(code)]; }

const std::array<ReasonFacts, kReasonCodeCount>& all_reasons() { return kReasons; }

std::optional<ReasonCode> reason_named(std::string_view name) {
  for (const ReasonFacts& facts : kReasons) {
    if (facts.name == name) return facts.code;
  }
  return std::nullopt;
}

}  // namespace seqspan::sim
