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
// Without sequence parallelism every rank has all tokens outside the GEMMs too: nothing is
// gathered, and what was scattered is all-reduced in place: 2 all-reduces forward, 2 backward
// (Korthikanti et al., figure 4; Megatron-LM reduce_from_tensor_model_parallel_region).
//
// With t = 1 the whole tensor is the shard: `whole` hands back the shard, and nothing is sent.
#pragma once

#include "sim/lower/dimensions.hpp"

namespace seqspan::sim {

// The tensor that `shard` is a token shard of; `shard` itself when t = 1.
inline TensorId whole_of(ProgramBuilder& builder, const LoweringContext& context, const char* name,
                         TensorId shard) {
  return context.dimensions.splits_tokens() ? builder.bfloat16(name, context.dimensions.full())
                                            : shard;
}

// The token shard of `whole`; `whole` itself when t = 1.
inline TensorId shard_of(ProgramBuilder& builder, const LoweringContext& context, const char* name,
                         TensorId whole) {
  return context.dimensions.splits_tokens() ? builder.bfloat16(name, context.dimensions.shard())
                                            : whole;
}

inline void gather_tokens(ProgramBuilder& builder, const char* name, TensorId shard,
                          TensorId whole) {
  if (shard == whole) return;
  builder.communicate(
      name, {Collective::kAllGather, Axis::kTensor, builder.program().tensor(whole).bytes}, {shard},
      {whole});
}

// What a sum over TP is called by how it is done.
struct SumNames {
  const char* scatter;
  const char* reduce;
};

inline void scatter_tokens(ProgramBuilder& builder, const SumNames& names, TensorId whole,
                           TensorId shard) {
  if (builder.program().group_size(Axis::kTensor) == 1) return;
  if (shard == whole) {
    builder.communicate(
        names.reduce,
        {Collective::kAllReduce, Axis::kTensor, builder.program().tensor(whole).bytes}, {whole},
        {whole});
    return;
  }
  builder.communicate(
      names.scatter,
      {Collective::kReduceScatter, Axis::kTensor, builder.program().tensor(whole).bytes}, {whole},
      {shard});
}

}  // namespace seqspan::sim
