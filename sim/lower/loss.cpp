#include "sim/lower/loss.hpp"

#include <algorithm>
#include <bit>

#include "sim/lower/kernels.hpp"
#include "sim/lower/layer/norm.hpp"
#include "sim/lower/tensor_parallel.hpp"
#include "sim/lower/weights.hpp"

namespace seqspan::sim {
namespace {

class Loss {
 public:
  Loss(ProgramBuilder& builder, const LoweringContext& context);

  void forward(ProgramBuilder& builder) const;
  void backward(ProgramBuilder& builder) const;
  void update(ProgramBuilder& builder) const;

 private:
  [[nodiscard]] bool gradient_in_forward() const { return chunks_ > 1; }
  void head_and_loss(ProgramBuilder& builder) const;
  void head_gradient(ProgramBuilder& builder) const;
  void cross_entropy(ProgramBuilder& builder) const;
  void cross_entropy_gradient(ProgramBuilder& builder) const;
  void log_losses(ProgramBuilder& builder) const;

  const LoweringContext& context_;
  // Numbers are fp32; the logits' gradient is a tensor of its own.
  [[nodiscard]] bool in_float32() const {
    return kind_ == LossKind::kFloat32Logits || kind_ == LossKind::kEagerFloat32;
  }

  LossKind kind_;
  bool keeps_logits_;
  std::int64_t chunks_;
  std::int64_t rows_;        // of one chunk
  std::int64_t vocabulary_;  // V/t
  Weights weights_;
  TensorId input_;
  Norm norm_;
  TensorId whole_norm_;
  TensorId logits_;
  TensorId float32_logits_;
  TensorId log_softmax_;
  TensorId statistics_;
  TensorId logits_gradient_;
  TensorId log_softmax_gradient_{};
  TensorId float32_gradient_;
  TensorId whole_norm_gradient_;
  TensorId norm_gradient_;
  TensorId input_gradient_;
  bool has_placeholder_ = false;
  TensorId placeholder_{};
};

std::int64_t head_elements(const LoweringContext& context) {
  const std::int64_t matrix = vocabulary_rows(context) * context.tower.hidden;
  // A tied head on the first stage is the embedding's matrix; on another stage it is a copy.
  const bool shares = context.job.model.tied_embeddings && context.layout.pp == 1;
  return norm_parameters(context.tower) + (shares ? 0 : matrix);
}

Loss::Loss(ProgramBuilder& builder, const LoweringContext& context)
    : context_(context),
      kind_(loss_of(context.job.training, context.traits)),
      keeps_logits_(context.traits.keeps_logits),
      chunks_(context.layout.loss_chunks),
      rows_((context.dimensions.rows + chunks_ - 1) / chunks_),
      vocabulary_(vocabulary_rows(context)),
      weights_(builder, context, {"LM head", "gradients of LM head", "optimizer state of LM head"},
               head_elements(context), Axis::kShard),
      input_(builder.bfloat16("last hidden states", context.dimensions.shard())),
      norm_(builder, context, "final norm output", input_),
      whole_norm_(whole_of(builder, context, "gathered final norm output", norm_.output())) {
  const Shape logits{Extent{chunks_ > 1 ? "b s/c / chunks" : "b s/c", rows_},
                     Extent{"V/t", vocabulary_}};
  logits_ = builder.bfloat16("logits", logits);
  float32_logits_ = builder.float32("logits in fp32", logits);
  log_softmax_ = builder.float32("log-softmax", logits);
  statistics_ = builder.float32("max, sum, target logit", {Extent{"b s/c", rows_}, Extent{"3", 3}});
  logits_gradient_ = builder.bfloat16("d(logits)", logits);
  float32_gradient_ = builder.float32("d(logits) in fp32", logits);
  if (kind_ == LossKind::kEagerFloat32) {
    log_softmax_gradient_ = builder.float32("d(log-softmax)", logits);
  }
  whole_norm_gradient_ =
      builder.bfloat16("d(final norm output), partial", context.dimensions.full());
  norm_gradient_ = shard_of(builder, context, "d(final norm output)", whole_norm_gradient_);
  input_gradient_ = builder.bfloat16("d(last hidden states)", context.dimensions.shard());
  has_placeholder_ = context.traits.weight_gradient_placeholders &&
                     context.layout.sharding != Sharding::kParameters;
  if (has_placeholder_) {
    placeholder_ =
        builder.bfloat16("placeholder for the LM head's gradient",
                         {Extent{"V/t", vocabulary_}, Extent{"h", context.tower.hidden}});
  }
}

void Loss::cross_entropy(ProgramBuilder& builder) const {
  if (in_float32()) {
    builder.memory_pass("logits to fp32", {logits_}, {float32_logits_});
    if (keeps_logits_ || kind_ == LossKind::kEagerFloat32) {
      builder.memory_pass("log-softmax", {float32_logits_}, {log_softmax_, statistics_});
    } else {
      builder.memory_pass("softmax in place", {float32_logits_}, {float32_logits_, statistics_});
    }
  } else {
    builder.memory_pass("cross entropy", {logits_}, {statistics_});
  }
  if (context_.layout.tp == 1) return;
  const Bytes one_value = builder.program().tensor(statistics_).bytes / 3;
  for (const char* name : {"all-reduce of largest logit", "all-reduce of target logit",
                           "all-reduce of sum of exponentials"}) {
    builder.communicate(name, {Collective::kAllReduce, Axis::kTensor, one_value}, {statistics_},
                        {statistics_});
  }
}

void Loss::cross_entropy_gradient(ProgramBuilder& builder) const {
  if (kind_ == LossKind::kEagerFloat32) {
    // Zeros but for the labels.
    builder.memory_pass("loss gradient", {}, {log_softmax_gradient_});
    builder.memory_pass("log-softmax gradient", {log_softmax_, log_softmax_gradient_},
                        {float32_gradient_});
    builder.memory_pass("d(logits) to bf16", {float32_gradient_}, {logits_gradient_});
  } else if (!in_float32()) {
    // The gradient overwrites the logits.
    builder.memory_pass("cross entropy gradient", {logits_, statistics_}, {logits_});
  } else if (keeps_logits_) {
    // The model's outputs hold the bf16 logits until backward is done with them.
    builder.memory_pass("log-softmax gradient", builder.program().tensor(log_softmax_).bytes * 2,
                        {log_softmax_, logits_}, {float32_gradient_});
    builder.memory_pass("d(logits) to bf16", {float32_gradient_}, {logits_gradient_});
  } else {
    builder.memory_pass("d(logits) to bf16", {float32_logits_}, {logits_gradient_});
  }
}

void Loss::head_and_loss(ProgramBuilder& builder) const {
  builder.gemm("LM head", {rows_, vocabulary_, context_.tower.hidden},
               {whole_norm_, weights_.parameters()}, {logits_});
  cross_entropy(builder);
}

void Loss::head_gradient(ProgramBuilder& builder) const {
  cross_entropy_gradient(builder);
  const TensorId gradient = in_float32() ? logits_gradient_ : logits_;
  builder.gemm("LM head, data gradient", {rows_, context_.tower.hidden, vocabulary_},
               {gradient, weights_.parameters()}, {whole_norm_gradient_});
  Operands writes{weights_.gradients()};
  if (has_placeholder_) writes.push_back(placeholder_);
  builder.weight_gradient("LM head, weight gradient", {vocabulary_, context_.tower.hidden, rows_},
                          {gradient, whole_norm_}, writes);
}

void Loss::forward(ProgramBuilder& builder) const {
  builder.begin_forward("loss forward", {input_}, {});
  weights_.before_forward(builder, {});
  norm_.forward(builder);
  gather_tokens(builder, "all-gather for LM head", norm_.output(), whole_norm_);
  if (gradient_in_forward()) {
    builder.begin_loop(chunks_, {});
    head_and_loss(builder);
    head_gradient(builder);
    builder.end_loop();
    scatter_tokens(builder,
                   {"reduce-scatter gradient of LM head", "all-reduce gradient of LM head"},
                   whole_norm_gradient_, norm_gradient_);
  } else {
    head_and_loss(builder);
  }
  builder.end_block();
}

// Composer's metrics, after backward of each micro-batch: an fp32 copy of the bf16 logits (6 bytes
// a number), and log-softmax of it (8). What is saved is gone by then, so they never are the peak.
void Loss::log_losses(ProgramBuilder& builder) const {
  const std::int64_t count = context_.job.training.logged_losses;
  if (count == 0) return;
  const Bytes bytes(count * 14 * context_.dimensions.rows * vocabulary_);
  builder.memory_pass("logged losses", bytes, {statistics_}, {statistics_});
}

void Loss::backward(ProgramBuilder& builder) const {
  builder.begin_backward("loss backward", {}, {input_gradient_});
  weights_.before_backward(builder, {});
  if (!gradient_in_forward()) {
    gather_tokens(builder, "all-gather for LM head weight gradient", norm_.output(), whole_norm_);
    head_gradient(builder);
    scatter_tokens(builder,
                   {"reduce-scatter gradient of LM head", "all-reduce gradient of LM head"},
                   whole_norm_gradient_, norm_gradient_);
  }
  norm_.backward(builder, norm_gradient_, input_gradient_);
  log_losses(builder);
  weights_.after_backward(builder);
  builder.end_block();
}

void Loss::update(ProgramBuilder& builder) const {
  builder.begin_update("loss update");
  weights_.update(builder);
  builder.end_block();
}

}  // namespace

std::int64_t liger_chunks(std::int64_t rows, std::int64_t vocabulary, std::int64_t hidden) {
  const std::int64_t increase = (vocabulary + hidden - 1) / hidden;
  const auto chunk_rows = static_cast<std::int64_t>(
      std::bit_ceil(static_cast<std::uint64_t>((rows + increase - 1) / increase)));
  const std::int64_t used = std::min(rows, chunk_rows);
  return (rows + used - 1) / used;
}

void lower_loss(ProgramBuilder& builder, const LoweringContext& context) {
  builder.begin_part("loss", PartKind::kLoss);
  const Loss loss(builder, context);
  loss.forward(builder);
  loss.backward(builder);
  loss.update(builder);
  builder.end_part();
}

}  // namespace seqspan::sim
