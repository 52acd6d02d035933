#include "sim/lower/embedding.hpp"

#include "sim/lower/tensor_parallel.hpp"
#include "sim/lower/weights.hpp"

namespace seqspan::sim {

void lower_embedding(ProgramBuilder& builder, const LoweringContext& context) {
  const Dimensions& dimensions = context.dimensions;
  builder.begin_part("embedding", PartKind::kEmbedding);
  const Weights weights(
      builder, context,
      {"embedding table", "gradients of embedding table", "optimizer state of embedding table"},
      vocabulary_rows(context) * context.tower.hidden, Axis::kShard);
  const TensorId partial = builder.bfloat16("embedding, partial", dimensions.full());
  const TensorId output = shard_of(builder, context, "embedding", partial);
  const TensorId output_gradient = builder.bfloat16("d(embedding)", dimensions.shard());
  const TensorId whole_gradient =
      whole_of(builder, context, "gathered gradient of embedding", output_gradient);

  builder.begin_forward("embedding forward", {}, {output});
  weights.before_forward(builder, {});
  // Reads as many rows of the table as it writes.
  builder.memory_pass("embedding lookup", 2 * builder.program().tensor(partial).bytes,
                      {weights.parameters()}, {partial});
  scatter_tokens(builder, "reduce-scatter embedding", partial, output);
  builder.end_block();

  builder.begin_backward("embedding backward", {output_gradient}, {});
  weights.before_backward(builder, {});
  gather_tokens(builder, "all-gather gradient of embedding", output_gradient, whole_gradient);
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
