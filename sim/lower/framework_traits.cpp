#include "sim/lower/framework_traits.hpp"

namespace seqspan::sim {
namespace {

// TransformerEngine AttnFuncWithCPAndKVP2P: K and V concatenated, all c received buffers and all
// partial outputs held until the layer's forward returns, dK/dV in bf16 and c - 1 hops.
constexpr RingTraits kTransformerEngineRing{.fused_kv_message = true,
                                            .keeps_every_hop = true,
                                            .float32_accumulator = false,
                                            .float32_gradient = false,
                                            .reuses_step_gradients = false};
// zhuzilin/ring-flash-attention zigzag_ring_flash_attn.py: K and V as two P2P ops, output and
// dK/dV in fp32, gradients sent in each of the c iterations.
constexpr RingTraits kRingFlashAttention{.fused_kv_message = false,
                                         .keeps_every_hop = false,
                                         .float32_accumulator = true,
                                         .float32_gradient = true,
                                         .reuses_step_gradients = true};

// bf16 parameters, fp32 main gradients, fp32 master + Adam: 6 + 12 / (dp cp) bytes per parameter
// (Megatron docs/user-guide/features/dist_optimizer.md).
constexpr StateBytes kMegatronState{DataType::kBFloat16, DataType::kFloat32, 3};
// bf16 parameters and gradients, fp32 master + Adam: 16 bytes (ZeRO, arXiv 1910.02054,
// section 3.1).
constexpr StateBytes kZeroState{DataType::kBFloat16, DataType::kBFloat16, 3};
// FSDP2: the sharded parameter is the fp32 master itself; gradients are reduced in fp32; Adam.
constexpr StateBytes kFullyShardedState{DataType::kFloat32, DataType::kFloat32, 2};

constexpr EagerTraits kFusedKernels{
    .fused_norm = true, .fused_elementwise = true, .rotary_bytes = 0, .rotary_backward_bytes = 0};
constexpr EagerTraits kHuggingFaceModules{.fused_norm = false,
                                          .fused_elementwise = false,
                                          .rotary_bytes = 20,
                                          .rotary_backward_bytes = 30};
// torch.nn.RMSNorm is a kernel of its own (PyTorch 2.9 aten _fused_rms_norm).
constexpr EagerTraits kTorchTitanModules{.fused_norm = true,
                                         .fused_elementwise = false,
                                         .rotary_bytes = 20,
                                         .rotary_backward_bytes = 20};

constexpr const char* kOneKernel = "one fused kernel, one call";
constexpr HostTraits kTransformerEngineHost{
    .module_overhead = 2.7,
    .module_overhead_source =
        "NVIDIA/TransformerEngine issue 2053: te.Linear forward takes the host 99.66 us where "
        "torch's takes 37.08 (GB200), 90.53 against 33.17 (GH200); its other modules are taken to "
        "be alike",
    .calls_per_pass = 1,
    .calls_per_pass_source = kOneKernel};
constexpr HostTraits kEagerHost{
    .module_overhead = 1,
    .module_overhead_source = "plain torch modules",
    .calls_per_pass = 3,
    .calls_per_pass_source =
        "assumption: a Llama layer of Hugging Face transformers makes about 34 element-wise calls "
        "forward (8 in each RMSNorm, 14 for RoPE, 2 for SwiGLU, 2 residuals), the program 11"};
constexpr HostTraits kTorchTitanHost{
    .module_overhead = 1,
    .module_overhead_source =
        "assumption: as plain torch modules; torch.compile saves autograd's notes and adds guards, "
        "33 us a graph and 6.5 a kernel (meta-pytorch/tritonbench pull request 1016)",
    .calls_per_pass = 1.7,
    .calls_per_pass_source =
        "counted: a layer's forward makes 12 element-wise calls (2 norms, 6 for RoPE of q and k, 2 "
        "for SwiGLU, 2 residuals), the program 7"};

constexpr FrameworkTraits kMegatron{
    .framework = Framework::kMegatron,
    .attention_library = "TransformerEngine",
    .tensor_parallel = true,
    .without_sequence_parallel = true,
    .pipeline_parallel = true,
    .expert_parallel = true,
    .ulysses = true,
    .ring_point_to_point = true,
    .ring_all_gather = true,
    .hybrid = true,
    .ring_inner = false,
    .pipeline_inner = true,
    .contiguous_order = false,
    .striped_order = false,
    .zigzag_everywhere = true,
    .latent_attention = true,
    .latent_ring_only = true,
    .selective_recompute = SelectiveRecompute::kAttention,
    .recompute_early_stop = false,
    .optimizer_sharding = true,
    .gradient_sharding = false,
    .parameter_sharding = true,
    .parameter_sharding_with_pipeline = false,
    .replicates_kv_heads = false,
    .gathers_qkv_over_tp = true,
    .activation_offload = false,
    .optimizer_offload = true,
    .tiled_mlp = false,
    .fp8_delayed = true,
    .fp8_tensorwise = true,
    .fp8_rowwise = false,
    .fp8_weight_gather = true,
    .fp8_latent_and_experts = true,
    .per_document_split = true,
    .whole_row_split = true,
    .documents_with_ulysses = true,
    .per_document_groups = true,
    .vocabulary_multiple = 128,
    .eager = kFusedKernels,
    .compiles = false,
    .separate_projections = false,
    .keeps_logits = false,
    .expands_kv_gradients = false,
    .weight_gradient_placeholders = true,
    .adds_weight_gradients = true,
    .flash_attention_2 = false,
    .gradient_buffer = true,
    .position_ids_gather = false,
    .holds_dispatched_tokens = true,
    .all_to_alls_apart = false,
    .attends_by_chunk = true,
    .expandable_segments = false,
    .frees_gradients = false,
    .fp8_keeps_casts = true,
    .host = kTransformerEngineHost,
    .ring = kTransformerEngineRing,
    .state = kMegatronState,
    .loss = LossKind::kFused,
    .fp8_recipe = Fp8Recipe::kDelayed,
    .ring_order = RingOrder::kZigzag,
    .kv_exchange = KvExchange::kPointToPoint,
    .sharding = Sharding::kOptimizer,
};

constexpr FrameworkTraits kDeepSpeed{
    .framework = Framework::kDeepSpeed,
    .attention_library = "UlyssesSPAttentionHF",
    .tensor_parallel = false,
    .without_sequence_parallel = false,
    .pipeline_parallel = false,
    .expert_parallel = false,
    .ulysses = true,
    .ring_point_to_point = false,
    .ring_all_gather = false,
    .hybrid = false,
    .ring_inner = false,
    .pipeline_inner = false,
    .contiguous_order = false,
    .striped_order = false,
    .zigzag_everywhere = false,
    .latent_attention = false,
    .latent_ring_only = false,
    .selective_recompute = SelectiveRecompute::kNone,
    .recompute_early_stop = true,
    .optimizer_sharding = true,
    .gradient_sharding = true,
    .parameter_sharding = true,
    .parameter_sharding_with_pipeline = false,
    .replicates_kv_heads = true,
    .gathers_qkv_over_tp = false,
    .activation_offload = true,
    .optimizer_offload = true,
    .tiled_mlp = true,
    .fp8_delayed = false,
    .fp8_tensorwise = false,
    .fp8_rowwise = false,
    .fp8_weight_gather = false,
    .fp8_latent_and_experts = false,
    .per_document_split = false,
    .whole_row_split = true,
    .documents_with_ulysses = true,
    .per_document_groups = false,
    .vocabulary_multiple = 1,
    .eager = kHuggingFaceModules,
    .compiles = false,
    .separate_projections = true,
    .keeps_logits = true,
    .expands_kv_gradients = true,
    .weight_gradient_placeholders = false,
    .adds_weight_gradients = false,
    .flash_attention_2 = false,
    .gradient_buffer = false,
    .position_ids_gather = true,
    .holds_dispatched_tokens = false,
    .all_to_alls_apart = true,
    .attends_by_chunk = false,
    .expandable_segments = false,
    .frees_gradients = false,
    .fp8_keeps_casts = false,
    .host = kEagerHost,
    .ring = kRingFlashAttention,
    .state = kZeroState,
    .loss = LossKind::kFusedLinear,
    .fp8_recipe = Fp8Recipe::kDelayed,
    .ring_order = RingOrder::kContiguous,
    .kv_exchange = KvExchange::kPointToPoint,
    .sharding = Sharding::kParameters,
};

constexpr FrameworkTraits kYunchang{
    .framework = Framework::kYunchang,
    .attention_library = "LongContextAttention",
    .tensor_parallel = false,
    .without_sequence_parallel = false,
    .pipeline_parallel = false,
    .expert_parallel = false,
    .ulysses = true,
    .ring_point_to_point = true,
    .ring_all_gather = false,
    .hybrid = true,
    .ring_inner = true,
    .pipeline_inner = false,
    .contiguous_order = true,
    .striped_order = true,
    .zigzag_everywhere = false,
    .latent_attention = false,
    .latent_ring_only = false,
    .selective_recompute = SelectiveRecompute::kNone,
    .recompute_early_stop = true,
    .optimizer_sharding = true,
    .gradient_sharding = true,
    .parameter_sharding = true,
    .parameter_sharding_with_pipeline = false,
    .replicates_kv_heads = false,
    .gathers_qkv_over_tp = false,
    .activation_offload = false,
    .optimizer_offload = true,
    .tiled_mlp = false,
    .fp8_delayed = false,
    .fp8_tensorwise = false,
    .fp8_rowwise = false,
    .fp8_weight_gather = false,
    .fp8_latent_and_experts = false,
    .per_document_split = true,
    .whole_row_split = false,
    .documents_with_ulysses = false,
    .per_document_groups = false,
    .vocabulary_multiple = 1,
    .eager = kHuggingFaceModules,
    .compiles = false,
    .separate_projections = true,
    .keeps_logits = true,
    .expands_kv_gradients = true,
    .weight_gradient_placeholders = false,
    .adds_weight_gradients = false,
    .flash_attention_2 = true,
    .gradient_buffer = false,
    .position_ids_gather = false,
    .holds_dispatched_tokens = false,
    .all_to_alls_apart = true,
    .attends_by_chunk = false,
    .expandable_segments = false,
    .frees_gradients = false,
    .fp8_keeps_casts = false,
    .host = kEagerHost,
    .ring = kRingFlashAttention,
    .state = kZeroState,
    .loss = LossKind::kFloat32Logits,
    .fp8_recipe = Fp8Recipe::kDelayed,
    .ring_order = RingOrder::kZigzag,
    .kv_exchange = KvExchange::kPointToPoint,
    .sharding = Sharding::kParameters,
};

constexpr FrameworkTraits kTorchTitan{
    .framework = Framework::kTorchTitan,
    .attention_library = "PyTorch context parallel",
    .tensor_parallel = true,
    .without_sequence_parallel = false,
    .pipeline_parallel = true,
    .expert_parallel = true,
    .ulysses = false,
    .ring_point_to_point = false,
    .ring_all_gather = true,
    .hybrid = false,
    .ring_inner = false,
    .pipeline_inner = false,
    .contiguous_order = false,
    .striped_order = false,
    .zigzag_everywhere = true,
    .latent_attention = false,
    .latent_ring_only = false,
    .selective_recompute = SelectiveRecompute::kEverySecondProduct,
    .recompute_early_stop = true,
    .optimizer_sharding = false,
    .gradient_sharding = false,
    .parameter_sharding = true,
    .parameter_sharding_with_pipeline = true,
    .replicates_kv_heads = false,
    .gathers_qkv_over_tp = false,
    .activation_offload = false,
    .optimizer_offload = false,
    .tiled_mlp = false,
    .fp8_delayed = false,
    .fp8_tensorwise = true,
    .fp8_rowwise = true,
    .fp8_weight_gather = true,
    .fp8_latent_and_experts = false,
    .per_document_split = false,
    .whole_row_split = true,
    .documents_with_ulysses = false,
    .per_document_groups = false,
    .vocabulary_multiple = 1,
    .eager = kTorchTitanModules,
    .compiles = true,
    .separate_projections = true,
    .keeps_logits = false,
    .expands_kv_gradients = false,
    .weight_gradient_placeholders = false,
    .adds_weight_gradients = false,
    .flash_attention_2 = false,
    .gradient_buffer = false,
    .position_ids_gather = false,
    .holds_dispatched_tokens = false,
    .all_to_alls_apart = false,
    .attends_by_chunk = false,
    .expandable_segments = true,
    .frees_gradients = true,
    .fp8_keeps_casts = false,
    .host = kTorchTitanHost,
    .ring = kTransformerEngineRing,
    .state = kFullyShardedState,
    .loss = LossKind::kFloat32Logits,
    .fp8_recipe = Fp8Recipe::kTensorwise,
    .ring_order = RingOrder::kZigzag,
    .kv_exchange = KvExchange::kAllGather,
    .sharding = Sharding::kParameters,
};

}  // namespace

const FrameworkTraits& traits_of(Framework framework) {
  switch (framework) {
    case Framework::kMegatron:
      return kMegatron;
    case Framework::kDeepSpeed:
      return kDeepSpeed;
    case Framework::kYunchang:
      return kYunchang;
    case Framework::kTorchTitan:
      return kTorchTitan;
  }
  return kMegatron;
}

}  // namespace seqspan::sim
