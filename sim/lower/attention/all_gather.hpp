// All-gather attention: every rank gathers all keys and values of its heads, then attends with its
// own rows. U = bytes of local K and V.
//
// forward   all-gather K, all-gather V (exposed), one copy into order, two attention calls for the
//           two zigzag chunks of this rank:                        sent = (r-1) U
// backward  all-gather K and V again, attention, a copy of dK and dV into the order of the ranks,
//           reduce-scatter dK and dV in bf16:
//                                                                  sent = 2 (r-1) U
// Saved: q, own k and v, o, LSE. Source: TransformerEngine context_parallel.py
// (AttnFuncWithCPAndKVAllGather); torchtitan models/common/attention.py gathers alike.
#pragma once

#include "sim/lower/attention/head_block.hpp"

namespace seqspan::sim {

class AllGatherAttention {
 public:
  AllGatherAttention(ProgramBuilder& builder, const HeadBlock& block, QueryKeyValue inputs,
                     bool expands_kv_gradients);

  void forward(ProgramBuilder& builder) const;
  void backward(ProgramBuilder& builder, TensorId output_gradient) const;

  [[nodiscard]] TensorId output() const { return output_; }
  [[nodiscard]] QueryKeyValue gradients() const { return gradients_; }

 private:
  void gather(ProgramBuilder& builder) const;
  [[nodiscard]] AttentionWork work(bool backward) const;

  HeadBlock block_;
  QueryKeyValue inputs_;
  TensorId gathered_key_;
  TensorId gathered_value_;
  TensorId ordered_key_;
  TensorId ordered_value_;
  TensorId output_;
  TensorId log_sum_exp_;
  TensorId full_key_gradient_;
  TensorId full_value_gradient_;
  TensorId dealt_key_gradient_;
  TensorId dealt_value_gradient_;
  QueryKeyValue gradients_;
  BackwardScratch scratch_;
};

}  // namespace seqspan::sim
