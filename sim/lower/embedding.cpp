#include "sim/lower/embedding.hpp"

#include "sim/lower/layer/dropout.hpp"
#include "sim/lower/tensor_parallel.hpp"
#include "sim/lower/weights.hpp"

namespace seqspan::sim {

namespace {

constexpr DropoutNames kDropoutNames{
    .forward = "embedding dropout",
    .mask = "dropout mask, embedding",
    .gradient = "d(embedding before dropout)",
    .backward = "embedding dropout backward",
};

}  // namespace

void lower_embedding(ProgramBuilder& builder, const LoweringContext& context) {
  const Dimensions& dimensions = context.dimensions;
  builder.begin_part("embedding", PartKind::kEmbedding);
  const Weights weights(
      builder, context,
      {"embedding table", "gradients of embedding table", "optimizer state of embedding table"},
      (vocabulary_rows(context) + context.job.model.learned_positions) * context.tower.hidden,
      Axis::kShard);
  const TensorId partial = builder.bfloat16("embedding, partial", dimensions.full());
  const TensorId output = shard_of(builder, context, "embedding", partial);
  const TensorId output_gradient = builder.bfloat16("d(embedding)", dimensions.shard());
  const Dropout dropout(builder, context, kDropoutNames, output_gradient);
  const TensorId dropped =
      dropout.active() ? builder.bfloat16("embedding after dropout", dimensions.shard()) : output;
  const TensorId whole_gradient =
      whole_of(builder, context, "gathered gradient of embedding", dropout.gradient());

  builder.begin_forward("embedding forward", {}, {dropped});
  weights.before_forward(builder, {});
  // Reads as many rows of the table as it writes.
  builder.memory_pass("embedding lookup", 2 * builder.program().tensor(partial).bytes,
                      {weights.parameters()}, {partial});
  scatter_tokens(builder, {"reduce-scatter embedding", "all-reduce embedding"}, partial, output);
  if (context.job.model.learned_positions > 0) {
    const Bytes sum = 3 * builder.program().tensor(output).bytes;
    builder.memory_pass("add learned positions", sum, {output, weights.parameters()}, {output});
  }
  if (dropout.active()) dropout.forward(builder, {output}, dropped);
  builder.end_block();

  builder.begin_backward("embedding backward", {output_gradient}, {});
  weights.before_backward(builder, {});
  dropout.backward(builder);
  gather_tokens(builder, "all-gather gradient of embedding", dropout.gradient(), whole_gradient);
  builder.memory_pass("embedding gradient", 3 * builder.program().tensor(whole_gradient).bytes,
                      {whole_gradient}, {weights.gradients()});
  weights.after_backward(builder);
  builder.end_block();

  builder.begin_update("embedding update");
  weights.update(builder);
  builder.end_block();
  builder.end_part();
}

}  // namespace seqspan::sim
