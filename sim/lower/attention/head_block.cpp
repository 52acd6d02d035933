#include "sim/lower/attention/head_block.hpp"

namespace seqspan::sim {

BackwardScratch::BackwardScratch(ProgramBuilder& builder, const HeadBlock& block, Extent key_rows,
                                 bool expands_kv_gradients)
    : query_gradient_accumulator(builder.float32("dQ accumulator", block.query())),
      row_sums(
          builder.float32("row sums", {block.batch, block.tokens, block.query_heads,
                                       expands_kv_gradients ? Extent{"1", 1} : Extent{"2", 2}})),
      has_kv_accumulator(block.kv_heads.value < block.query_heads.value) {
  if (!has_kv_accumulator) return;
  const Extent width{"2 d", block.head_dim.value + block.value_dim.value};
  kv_gradient_accumulator =
      expands_kv_gradients
          ? builder.bfloat16("dK, dV at query heads",
                             {block.batch, key_rows, block.query_heads, width})
          : builder.float32("dK, dV accumulator", {block.batch, key_rows, block.kv_heads, width});
}

Operands BackwardScratch::tensors() const {
  if (!has_kv_accumulator) return {query_gradient_accumulator, row_sums};
  return {query_gradient_accumulator, kv_gradient_accumulator, row_sums};
}

}  // namespace seqspan::sim
