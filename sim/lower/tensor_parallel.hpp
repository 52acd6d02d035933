// Megatron tensor parallelism with sequence parallelism: activations are split by tokens outside
// the GEMMs and whole inside, with all-gather on the way in and reduce-scatter on the way out.
//
// Per dense layer, n = b (s/c) h x 2 bytes gathered: 4 collectives forward (4 (t-1)/t n sent), 6
// backward (6 (t-1)/t n): each linear's backward gathers what forward scattered, and each
// column-parallel linear also gathers its saved input again for the weight gradient.
// Source: NVIDIA/Megatron-LM megatron/core/tensor_parallel/layers.py
// LinearWithGradAccumulationAndAsyncCommunication; Korthikanti et al., arXiv 2205.05198,
// section 4.2.
//
// With t = 1 the whole tensor is the shard: `whole` hands back the shard, and nothing is sent.
#pragma once

#include "sim/lower/dimensions.hpp"

namespace seqspan::sim {

// The tensor that `shard` is a token shard of; `shard` itself when t = 1.
inline TensorId whole_of(ProgramBuilder& builder, const LoweringContext& context, const char* name,
                         TensorId shard) {
  return context.layout.tp > 1 ? builder.bfloat16(name, context.dimensions.full()) : shard;
}

// The token shard of `whole`; `whole` itself when t = 1.
inline TensorId shard_of(ProgramBuilder& builder, const LoweringContext& context, const char* name,
                         TensorId whole) {
  return context.layout.tp > 1 ? builder.bfloat16(name, context.dimensions.shard()) : whole;
}

inline void gather_tokens(ProgramBuilder& builder, const char* name, TensorId shard,
                          TensorId whole) {
  if (shard == whole) return;
  builder.communicate(
      name, {Collective::kAllGather, Axis::kTensor, builder.program().tensor(whole).bytes}, {shard},
      {whole});
}

inline void scatter_tokens(ProgramBuilder& builder, const char* name, TensorId whole,
                           TensorId shard) {
  if (shard == whole) return;
  builder.communicate(
      name, {Collective::kReduceScatter, Axis::kTensor, builder.program().tensor(whole).bytes},
      {whole}, {shard});
}

}  // namespace seqspan::sim
