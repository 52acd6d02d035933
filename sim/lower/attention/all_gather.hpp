// All-gather attention: every rank gathers all keys and values of its heads, then attends with its
// own rows. U = bytes of local K and V.
//
// forward   all-gather K, all-gather V (exposed), one copy into order, attention:
//                                                                  sent = (r-1) U
// backward  all-gather K and V again, attention, a copy of dK and dV into the order of the ranks,
//           reduce-scatter dK and dV in bf16:
//                                                                  sent = 2 (r-1) U
// Attention is two kernels, one for each zigzag chunk of m = s/(2r) rows that this rank k holds, on
// the keys up to the chunk's end: (k+1) m and (2r-k) m. Each makes dK and dV of these keys, which
// are added to zeroed ones of all keys: one pass over those of all keys, 3 over those of a chunk.
// These and the scratch are of most keys on rank 0, whose program is that of the step. Where both
// chunks are one kernel (torchtitan) it is given all rows and all keys, and its dK and dV are those
// of all keys. Saved: q, own k and v, o, LSE. Source:
// TransformerEngine context_parallel.py (AttnFuncWithCPAndKVAllGather); torchtitan
// models/common/attention.py gathers alike.
#pragma once

#include <array>

#include "sim/lower/attention/head_block.hpp"

namespace seqspan::sim {

class AllGatherAttention {
 public:
  AllGatherAttention(ProgramBuilder& builder, const HeadBlock& block, QueryKeyValue inputs,
                     const ContextPlan& plan);

  void forward(ProgramBuilder& builder) const;
  void backward(ProgramBuilder& builder, TensorId output_gradient) const;

  [[nodiscard]] TensorId output() const { return output_; }
  [[nodiscard]] QueryKeyValue gradients() const { return gradients_; }

 private:
  void gather(ProgramBuilder& builder) const;
  // One kernel: what it is called, its query rows, its keys, and the pairs that it works on.
  struct Kernel {
    const char* forward;
    const char* backward;
    Extent queries;
    Extent keys;
    std::int64_t pairs = 0;
  };
  [[nodiscard]] std::array<Kernel, 2> chunks() const;
  [[nodiscard]] Kernel whole() const;
  // Calls visit(kernel).
  template <class Visit>
  void for_each_kernel(Visit visit) const;
  [[nodiscard]] AttentionWork work(const Kernel& kernel, bool backward) const;
  [[nodiscard]] HeadBlock queries_of(const Kernel& kernel) const;
  void attend_backward(ProgramBuilder& builder, const Kernel& kernel,
                       TensorId output_gradient) const;

  HeadBlock block_;
  QueryKeyValue inputs_;
  std::int64_t rank_;  // of the ring
  bool by_chunk_;
  bool expands_kv_gradients_;
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
};

}  // namespace seqspan::sim
