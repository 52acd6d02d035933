#include "sim/lower/layer/head_positions.hpp"

#include "sim/lower/kernels.hpp"

namespace seqspan::sim {

HeadPositions::HeadPositions(ProgramBuilder& builder, const LoweringContext& context,
                             const FullAttention& attention, const HeadBlock& heads,
                             const Operands& projected)
    : qk_norm_(attention.qk_norm),
      rotary_(attention.rotary),
      views_(!attention.rotary && context.layout.cp() == 1),
      eager_(context.traits.eager),
      projected_(projected) {
  const Kernels kernels = kernels_of(context.job.training, context.traits);
  fused_norm_ = kernels.fused_norm;
  fused_rotary_ = kernels.fused_elementwise;
  if (views_) {
    const TensorId all = *projected.begin();
    positioned_ = {all, all, all};
    return;
  }
  positioned_ = {builder.bfloat16("q", heads.query()), builder.bfloat16("k", heads.key()),
                 builder.bfloat16("v", heads.value())};
  turned_ = heads.query().elements() + heads.key().elements();
  values_ = heads.value().elements();
  if (!qk_norm_) return;
  linear_ = {builder.bfloat16("q before norm", heads.query()),
             builder.bfloat16("k before norm", heads.key()), positioned_.value};
  qk_inverse_rms_ = builder.float32(
      "1/rms of q, k", {heads.batch, heads.tokens,
                        Extent{"(a + g)/t", heads.query_heads.value + heads.kv_heads.value}});
  normed_ = {builder.bfloat16("q before RoPE", heads.query()),
             builder.bfloat16("k before RoPE", heads.key()), positioned_.value};
  normed_gradient_ = {builder.bfloat16("dq before RoPE", heads.query()),
                      builder.bfloat16("dk before RoPE", heads.key()), positioned_.value};
}

void HeadPositions::rotate(ProgramBuilder& builder, const char* name, std::int64_t eager_bytes,
                           std::int64_t copied, const Operands& reads,
                           const Operands& writes) const {
  if (fused_rotary_ || !rotary_) {
    builder.memory_pass(name, reads, writes);
    return;
  }
  const std::int64_t copy = 2 * bytes_per_element(DataType::kBFloat16);
  builder.memory_pass(name, Bytes(turned_ * eager_bytes + copied * copy), reads, writes);
}

void HeadPositions::forward(ProgramBuilder& builder) const {
  if (views_) return;
  if (!qk_norm_) {
    rotate(builder, rotary_ ? "split heads, RoPE" : "split heads", eager_.rotary_bytes, values_,
           projected_, {positioned_.query, positioned_.key, positioned_.value});
    return;
  }
  builder.memory_pass("split heads", projected_, {linear_.query, linear_.key, positioned_.value});
  const Operands normed{normed_.query, normed_.key, qk_inverse_rms_};
  if (fused_norm_) {
    builder.memory_pass("QK-norm", {linear_.query, linear_.key}, normed);
  } else {
    builder.memory_pass("QK-norm",
                        Bytes(turned_ * (kEagerNormToFloat + kEagerNormalise + kEagerNormScale)),
                        {linear_.query, linear_.key}, normed);
  }
  rotate(builder, "RoPE", eager_.rotary_bytes, 0, {normed_.query, normed_.key},
         {positioned_.query, positioned_.key});
}

void HeadPositions::backward(ProgramBuilder& builder, const QueryKeyValue& gradients,
                             TensorId projected_gradient) const {
  if (!qk_norm_) {
    rotate(builder, rotary_ ? "RoPE backward" : "join heads' gradients",
           eager_.rotary_backward_bytes, values_, {gradients.query, gradients.key, gradients.value},
           {projected_gradient});
    return;
  }
  rotate(builder, "RoPE backward", eager_.rotary_backward_bytes, 0,
         {gradients.query, gradients.key}, {normed_gradient_.query, normed_gradient_.key});
  const Operands reads{normed_gradient_.query, normed_gradient_.key, gradients.value,
                       linear_.query,          linear_.key,          qk_inverse_rms_};
  if (fused_norm_) {
    builder.memory_pass("QK-norm backward", reads, {projected_gradient});
    return;
  }
  const std::int64_t copy = 2 * bytes_per_element(DataType::kBFloat16);
  builder.memory_pass("QK-norm backward", Bytes(turned_ * kEagerNormBackward + values_ * copy),
                      reads, {projected_gradient});
}

}  // namespace seqspan::sim
