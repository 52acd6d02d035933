// A job: what is trained, on what, by which framework, and which parts of the layout are already
// decided. docs/formats/job.md describes the file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/errors/warning.hpp"
#include "sim/spec/cluster.hpp"
#include "sim/spec/documents.hpp"
#include "sim/spec/framework.hpp"
#include "sim/spec/input_file.hpp"
#include "sim/spec/layout.hpp"
#include "sim/spec/model.hpp"

namespace seqspan::sim {

// How the language model loss keeps its logits.
enum class LossKind : std::uint8_t {
  kFloat32Logits,  // logits in bf16 and a full fp32 copy kept for backward
  kFused,          // fused cross entropy: bf16 logits, gradient written in place
  kFusedLinear,    // fused linear + cross entropy: gradients in forward, chunk by chunk
  kEagerFloat32,   // as kFloat32Logits, op by op: log-softmax kept, its gradient beside the loss's
};

constexpr const char* name_of(LossKind loss) {
  switch (loss) {
    case LossKind::kFloat32Logits:
      return "fp32_logits";
    case LossKind::kFused:
      return "fused";
    case LossKind::kFusedLinear:
      return "fused_linear";
    case LossKind::kEagerFloat32:
      return "eager_fp32_logits";
  }
  return "";
}

// What a step consists of.
enum class TrainingScope : std::uint8_t {
  kStep,       // forward and backward of all layers, and the optimizer
  kAttention,  // distributed attention of one layer alone, from q, k, v to their gradients
};

constexpr const char* name_of(TrainingScope scope) {
  return scope == TrainingScope::kStep ? "step" : "attention";
}

// Which keys a query sees: those before it and itself, or all of the sequence.
enum class AttentionMask : std::uint8_t { kCausal, kFull };

constexpr const char* name_of(AttentionMask mask) {
  return mask == AttentionMask::kCausal ? "causal" : "full";
}

// How a GPU computes attention over keys that it has.
enum class AttentionKernel : std::uint8_t {
  kFlash,    // one kernel that keeps no scores
  kUnfused,  // products, softmax and dropout one by one, each with s x s numbers per head
};

constexpr const char* name_of(AttentionKernel kernel) {
  return kernel == AttentionKernel::kFlash ? "flash" : "unfused";
}

// What the linear layers of the decoder layers multiply. Embedding, LM head, norms and attention
// stay in bf16 either way.
enum class LinearPrecision : std::uint8_t { kBFloat16, kFloat8 };

constexpr const char* name_of(LinearPrecision precision) {
  return precision == LinearPrecision::kBFloat16 ? "bf16" : "fp8";
}

// How operands are scaled into FP8: Megatron-LM's --fp8-recipe, torchao's recipe names.
enum class Fp8Recipe : std::uint8_t {
  kDelayed,     // one scale for a tensor, from the largest numbers of steps before
  kTensorwise,  // one scale for a tensor, from its own largest number (current, dynamic scaling)
  kRowwise,     // one for each row of an operand, from the row's largest number
};

constexpr const char* name_of(Fp8Recipe recipe) {
  switch (recipe) {
    case Fp8Recipe::kDelayed:
      return "delayed";
    case Fp8Recipe::kTensorwise:
      return "tensorwise";
    case Fp8Recipe::kRowwise:
      return "rowwise";
  }
  return "";
}

struct Training {
  std::int64_t sequence_length = 0;    // s, tokens of one sequence over all its ranks
  std::int64_t global_batch_size = 0;  // sequences per optimizer step
  std::optional<LossKind> loss;        // absent: the framework's default
  LinearPrecision linear_precision = LinearPrecision::kBFloat16;
  std::optional<Fp8Recipe> fp8_recipe;  // absent: the framework's default
  bool fp8_all_gather = false;          // fully sharded weights are gathered in FP8
  AttentionKernel attention_kernel = AttentionKernel::kFlash;
  // Above 0: dropout of the embedding, of both halves of a layer and, with unfused attention, of
  // its weights; each keeps a mask of one byte per number.
  double dropout = 0;
  bool overlap_gradient_reduction = true;  // reduce gradients under the last backward
  bool overlap_parameter_gather = true;    // gather updated parameters under the next forward
  // Tensor parallel communication in pieces under the products that need it
  // (sim/lower/layer/linear.hpp).
  bool overlap_tensor_parallel = false;
  // torch.compile of the layers and the loss (sim/lower/kernels.hpp); absent: the framework's
  // default.
  std::optional<bool> compile;
  // Copies to and from the host, and its optimizer, on streams of their own and pinned memory;
  // absent: the framework's default.
  std::optional<bool> overlap_offload;
  TrainingScope scope = TrainingScope::kStep;
  AttentionMask mask = AttentionMask::kCausal;
  // 1, 2, 3: FlashAttention of that version also where the device's usual kernel is another; 0: the
  // framework's default.
  std::int64_t flash_attention = 0;
  // Rows are packed without padding for each call of the attention kernel, and its results padded
  // again (sim/lower/attention/flash_call.hpp).
  bool unpads_attention = false;
  // Full recomputation of a layer ends where everything that backward reads is there again: the
  // last product, its communication and the residual sum are not run again
  // (docs/models/recompute.md).
  bool recompute_early_stop = false;
  // Gradients are reduced in bf16: Megatron's, which are then added up in bf16 too, and fully
  // sharded ones, as backward wrote them; else in the framework's type (docs/models/sharding.md).
  bool bf16_gradient_reduction = false;
  // PyTorch's allocator maps memory into segments that grow (PYTORCH_CUDA_ALLOC_CONF), and does not
  // take one segment after the other; absent: as the framework's launch script asks for it.
  std::optional<bool> expandable_segments;
  // The update of Adam is one kernel; else each of its operations is a pass of its own.
  bool fused_optimizer = true;
  // Cross entropies of each micro-batch that are computed from its logits besides the loss, to be
  // logged (docs/models/loss.md).
  std::int64_t logged_losses = 0;
  double expert_imbalance = 1.0;  // tokens of the busiest expert parallel rank over the mean, >= 1
  // Absent: every row is one document of s tokens. profiles/read_job.hpp leaves out documents that
  // are so.
  std::optional<Documents> documents;
};

// Layout keys that the job (or `--layout`) fixes; the rest is the planner's, or the framework's
// default in `simulate`.
struct LayoutChoice {
  std::optional<std::int64_t> tp, ulysses, ring, pp, vpp, ep, etp, dp, micro_batch, loss_chunks;
  std::optional<std::int64_t> mlp_chunks, head_groups;
  std::optional<std::int64_t> ulysses_in_node, ep_in_node;
  std::optional<RingOrder> ring_order;
  std::optional<KvExchange> kv_exchange;
  std::optional<Placement> placement;
  std::optional<Recompute> recompute;
  std::optional<Sharding> sharding;
  std::optional<Offload> offload;
  std::optional<bool> sequence_parallel;
};

struct Job {
  std::string name;
  Model model;
  Cluster cluster;
  Framework framework = Framework::kMegatron;
  Training training;
  LayoutChoice layout;
  std::vector<Warning> warnings;  // what is odd about the job, though accepted
  std::vector<InputFile> inputs;  // the files it was read from, in the order of reading
};

}  // namespace seqspan::sim
