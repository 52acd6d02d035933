#include "sim/lower/attention/unfused.hpp"

namespace seqspan::sim {

UnfusedAttention::UnfusedAttention(ProgramBuilder& builder, const HeadBlock& block,
                                   QueryKeyValue inputs, bool drops)
    : rows_(block.batch.value * block.query_heads.value * block.tokens.value),
      keys_(block.sequence.value),
      key_dim_(block.head_dim.value),
      value_dim_(block.value_dim.value),
      drops_(drops),
      inputs_(inputs),
      scores_{},
      weights_{},
      mask_{},
      dropped_{},
      heads_output_(builder.bfloat16("output by head", block.output())),
      output_(builder.bfloat16("attention output", block.output())),
      dropped_gradient_{},
      weights_gradient_{},
      gradients_{builder.bfloat16("dQ", block.query()), builder.bfloat16("dK", block.key()),
                 builder.bfloat16("dV", block.value())} {
  const Shape square{block.batch, block.query_heads, block.tokens, block.sequence};
  scores_ = builder.bfloat16("scores", square);
  weights_ = builder.bfloat16("attention weights", square);
  mask_ = drops ? builder.activation("dropout mask of weights", DataType::kBool, square) : weights_;
  dropped_ = drops ? builder.bfloat16("weights after dropout", square) : weights_;
  dropped_gradient_ = builder.bfloat16("d(weights after dropout)", square);
  weights_gradient_ = drops ? builder.bfloat16("d(weights)", square) : dropped_gradient_;
}

void UnfusedAttention::forward(ProgramBuilder& builder) const {
  builder.gemm("scores", {rows_, keys_, key_dim_}, {inputs_.query, inputs_.key}, {scores_});
  builder.memory_pass("softmax", {scores_}, {weights_});
  if (drops_) builder.memory_pass("dropout of weights", {weights_}, {dropped_, mask_});
  builder.gemm("weights x values", {rows_, value_dim_, keys_}, {dropped_, inputs_.value},
               {heads_output_});
  builder.memory_pass("merge heads", {heads_output_}, {output_});
}

void UnfusedAttention::backward(ProgramBuilder& builder, TensorId output_gradient) const {
  builder.gemm("d(weights)", {rows_, keys_, value_dim_}, {output_gradient, inputs_.value},
               {dropped_gradient_});
  builder.gemm("d(values)", {rows_, value_dim_, keys_}, {dropped_, output_gradient},
               {gradients_.value});
  if (drops_) {
    builder.memory_pass("dropout of weights backward", {dropped_gradient_, mask_},
                        {weights_gradient_});
  }
  builder.memory_pass("softmax backward", {weights_gradient_, weights_}, {weights_gradient_});
  builder.gemm("d(queries)", {rows_, key_dim_, keys_}, {weights_gradient_, inputs_.key},
               {gradients_.query});
  builder.gemm("d(keys)", {rows_, key_dim_, keys_}, {weights_gradient_, inputs_.query},
               {gradients_.key});
}

}  // namespace seqspan::sim
