// What each framework does in its own way: one row per framework, so that the lowering has one
// path.
//
// Sources, by repo/path as read in the project's reference:
//   megatron    NVIDIA/Megatron-LM with NVIDIA/TransformerEngine (context_parallel.py)
//   deepspeed   deepspeedai/DeepSpeed runtime/sequence_parallel/ulysses_sp.py (ALST), Hugging Face
//   yunchang    feifeibear/long-context-attention (USP) over zhuzilin/ring-flash-attention
//   torchtitan  pytorch/torchtitan with PyTorch's context parallel and FSDP2
#pragma once

#include <cstdint>

#include "sim/spec/data_type.hpp"
#include "sim/spec/framework.hpp"
#include "sim/spec/job.hpp"

namespace seqspan::sim {

// How keys and values travel in a point-to-point ring and what stays behind.
struct RingTraits {
  bool fused_kv_message;     // K and V in one message per hop, or one each
  bool keeps_every_hop;      // every received KV and every partial output until the layer returns
  bool float32_accumulator;  // running output in fp32 (else partial outputs merged once, in bf16)
  bool float32_gradient;     // dK/dV travel in fp32, one hop more to return home
  // dQ, dK, dV of a step: buffers of all rows, made once, or new tensors of the rows that it works
  // on.
  bool reuses_step_gradients;
};

// Bytes per parameter of what training keeps, before sharding.
struct StateBytes {
  DataType parameter;            // what the layers compute with, or the fp32 master under FSDP
  DataType gradient;             // as accumulated over micro-batches
  std::int64_t optimizer_words;  // fp32 words per parameter: Adam's two moments, plus a master copy
};

// What recompute=selective means.
enum class SelectiveRecompute : std::uint8_t {
  kNone,                // is not offered
  kAttention,           // attention is computed again
  kEverySecondProduct,  // all but attention and every first of two products (paired_linear.hpp)
};

// Element-wise modules of a layer as they run without torch.compile (sim/lower/kernels.hpp).
struct EagerTraits {
  bool fused_norm;         // one kernel forward and one backward
  bool fused_elementwise;  // RoPE and SwiGLU likewise
  // Bytes that a number of q or k moves in RoPE where it is not fused.
  std::int64_t rotary_bytes;
  std::int64_t rotary_backward_bytes;
};

// What the framework makes of one op on the host (sim/engine/host_launches.hpp).
struct HostTraits {
  double module_overhead;  // a module's call against torch.nn.Linear's
  const char* module_overhead_source;
  double calls_per_pass;  // calls that the program has as one memory pass, not compiled
  const char* calls_per_pass_source;
};

struct FrameworkTraits {
  Framework framework;
  const char* attention_library;
  // What may be asked for.
  bool tensor_parallel;
  bool without_sequence_parallel;  // TP with all tokens outside the GEMMs, too
  bool pipeline_parallel;
  bool expert_parallel;
  bool ulysses;
  bool ring_point_to_point;
  bool ring_all_gather;
  bool hybrid;          // ulysses x ring
  bool ring_inner;      // ring ranks consecutive
  bool pipeline_inner;  // stages inside replicas: Megatron-LM's --use-tp-pp-dp-mapping
  bool contiguous_order;
  bool striped_order;
  bool zigzag_everywhere;  // the loader deals zigzag rows even to Ulysses: s % 2c == 0 always
  bool latent_attention;   // has MLA that is modelled
  bool latent_ring_only;   // MLA over context parallelism: a point-to-point ring must be in it
  SelectiveRecompute selective_recompute;
  bool recompute_early_stop;  // layers are recomputed by PyTorch's non-reentrant checkpoint
  bool optimizer_sharding;    // distributed optimizer, ZeRO 1 (and no sharding at all)
  bool gradient_sharding;     // ZeRO 2
  bool parameter_sharding;    // ZeRO 3, FSDP
  bool parameter_sharding_with_pipeline;
  bool replicates_kv_heads;  // repeats KV heads up to the Ulysses degree before the all-to-all
  bool gathers_qkv_over_tp;  // g < t: all-gathers the whole QKV activation over TP (else refuses)
  bool activation_offload;   // offload=activations: inputs of recomputed layers to the host
  bool optimizer_offload;    // offload=optimizer
  bool tiled_mlp;            // mlp_chunks > 1
  bool fp8_delayed;          // FP8 linears by recipe (Fp8Recipe)
  bool fp8_tensorwise;
  bool fp8_rowwise;
  bool fp8_weight_gather;       // weights are gathered in FP8, with one scale per tensor
  bool fp8_latent_and_experts;  // products of latent attention and of experts too
  // Of documents packed into rows: what a ring shares out (per document is the default where it is
  // offered), whether attention over documents is there with Ulysses, groups as each one needs.
  bool per_document_split;
  bool whole_row_split;
  bool documents_with_ulysses;
  bool per_document_groups;
  // How it computes.
  std::int64_t vocabulary_multiple;  // of V/t: Megatron-LM's --make-vocab-size-divisible-by
  EagerTraits eager;
  bool compiles;              // training.compile may be asked for
  bool separate_projections;  // q, k, v, and gate and up, are linear layers of their own, whose
                              // input gradients are summed
  bool keeps_logits;  // the model's outputs hold the bf16 logits until backward is done with them
  bool expands_kv_gradients;  // FlashAttention-2 backward with GQA: dK, dV at all query heads, then
                              // summed
  // Gradients are added to the main gradients by the GEMM itself; autograd gets a placeholder of
  // the weight's shape and type instead: one per shape, kept (TransformerEngine get_dummy_wgrad),
  // and one for the LM head while its hook runs (Megatron-LM tensor_parallel/layers.py).
  bool weight_gradient_placeholders;
  bool adds_weight_gradients;  // in place to gradients, with sums of bias gradients; else in bf16
  bool flash_attention_2;      // calls FlashAttention-2, whatever else the device could run
  // Main gradients live in a buffer of their own that is zeroed before a step and scaled by 1/N
  // before it is reduced; the optimizer writes its master, which is copied into the parameters
  // (Megatron-LM core/distributed/param_and_grad_buffer.py, core/optimizer/distrib_optimizer.py).
  bool gradient_buffer;
  bool position_ids_gather;  // all-gathers int64 position ids in every layer
  // The tokens that a mixture of experts sends, receives and sends back stay until its forward
  // returns: local variables of Megatron-LM moe_layer.py custom_forward refer to them.
  bool holds_dispatched_tokens;
  // Every all-to-all is an autograd function of its own, and autograd runs those whose gradients
  // are there in the reverse of forward's order: dV, dK, dQ. Else one function sends dQ, dK, dV.
  bool all_to_alls_apart;
  // All-gather attention is a kernel for each of the rank's two zigzag chunks, or one for both.
  bool attends_by_chunk;
  // Its launch script sets PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True (torchtitan
  // run_llama_train.sh, run_train.sh).
  bool expandable_segments;
  // zero_grad() sets gradients to None: between a step's update and its backward there are none.
  // Else they are views of buffers that stand.
  bool frees_gradients;
  // What forward casts to FP8 is kept: inputs for backward, weights and their transposes for the
  // step (else bf16 is, and is cast again).
  bool fp8_keeps_casts;
  HostTraits host;
  RingTraits ring;
  StateBytes state;
  LossKind loss;           // default
  Fp8Recipe fp8_recipe;    // default
  RingOrder ring_order;    // default
  KvExchange kv_exchange;  // default
  Sharding sharding;       // default
};

[[nodiscard]] const FrameworkTraits& traits_of(Framework framework);

}  // namespace seqspan::sim
