// Ring attention: keys and values travel round a group of r ranks while each rank attends to what
// it holds. U = bytes of local K and V = 2 b (s/r) g' d x 2.
//
// forward   r attention steps, r - 1 hops:                  sent = (r-1) U
// backward  bf16 gradients (TransformerEngine): KV out first, then KV with dK/dV, dK/dV last:
//                                                           sent = 2 (r-1) U,       r messages
//           fp32 gradients (ring-flash-attention): KV r - 1 hops, dK/dV r hops (the last takes them
//           home):                                          sent = (r-1) U + 2 r U
// A hop is issued before the attention of the step that it runs under. The whole local KV is sent
// at every hop although causal steps use half of it. TransformerEngine's backward starts from the
// KV that came last and sends to the predecessor, so that everything comes home.
//
// What stays: TransformerEngine keeps every received KV and every partial output with its LSE until
// the layer's forward returns, so the transient is O(s), and saves the last received KV;
// ring-flash-attention keeps two KV buffers and an fp32 accumulator and saves its own KV.
// Sources: TransformerEngine context_parallel.py (AttnFuncWithCPAndKVP2P);
// zhuzilin/ring-flash-attention zigzag_ring_flash_attn.py, ring_flash_attn.py.
//
// Which rank: any. `lower` takes the last one, whose program is that of the step. Under the
// contiguous order it works at every hop and the others idle at some, so at every hop it starts
// last: its predecessor's data has always arrived, and its own chain of max(attention, hop) is the
// time of the whole ring (proved against a simulation of all ranks in tests/unit/sim/engine). Under
// zigzag all ranks work alike, and the last one keeps the largest partial outputs: at hops beyond
// its own number a rank works on half of its rows (zigzag), on all but one (striped) or on none
// (contiguous).
#pragma once

#include <initializer_list>

#include "sim/lower/attention/head_block.hpp"

namespace seqspan::sim {

class RingAttention {
 public:
  RingAttention(ProgramBuilder& builder, const HeadBlock& block, QueryKeyValue inputs,
                const RingPlan& ring, bool expands_kv_gradients);

  void forward(ProgramBuilder& builder) const;
  void backward(ProgramBuilder& builder, TensorId output_gradient) const;

  [[nodiscard]] TensorId output() const { return output_; }
  [[nodiscard]] QueryKeyValue gradients() const { return gradients_; }

 private:
  [[nodiscard]] AttentionWork work(std::int64_t hop, bool backward) const;
  [[nodiscard]] Communication hop_of(Bytes bytes, bool to_predecessor = false) const;
  [[nodiscard]] bool works_at(std::int64_t hop) const;
  // Calls body(hop) inside a loop over the hops from 1 to r - 2 at which this rank works alike, for
  // those up to its own number and those beyond; the latter first where hops count down.
  template <class Body>
  void for_inner_hops(ProgramBuilder& builder, std::initializer_list<Carry> carries,
                      bool counts_down, Body body) const;
  // What the kernel of a hop is given.
  [[nodiscard]] HeadBlock queries_at(std::int64_t hop) const;
  [[nodiscard]] Extent keys_at(std::int64_t hop) const;
  // How many hops give it fewer queries than the rank has.
  [[nodiscard]] std::int64_t partial_hops() const;

  void attend(ProgramBuilder& builder, std::int64_t hop, TensorId kv) const;
  struct StepGradients {
    TensorId query{};
    TensorId kv{};
  };
  StepGradients attend_backward(ProgramBuilder& builder, std::int64_t hop, TensorId kv,
                                TensorId output_gradient) const;
  void merge_outputs(ProgramBuilder& builder) const;
  // The sums of the first step, at hop `hop`.
  void start_gradients(ProgramBuilder& builder, std::int64_t hop, TensorId kv,
                       TensorId output_gradient) const;
  void backward_sending_both(ProgramBuilder& builder, TensorId output_gradient) const;
  void backward_sending_apart(ProgramBuilder& builder, TensorId output_gradient) const;

  HeadBlock block_;
  QueryKeyValue inputs_;
  RingPlan ring_;
  Bytes kv_bytes_;  // U

  TensorId own_kv_;
  TensorId arrived_kv_;     // what the last hop brought
  TensorId arriving_kv_;    // what the hop under way brings
  TensorId partial_;        // of a step on all rows
  TensorId partial_lse_;    // of that step
  TensorId later_partial_;  // of a step on some of the rows: at hops beyond the rank's own number
  TensorId later_partial_lse_;
  TensorId accumulator_{};  // fp32 running output
  TensorId output_;
  TensorId log_sum_exp_;

  TensorId backward_kv_;
  TensorId backward_arriving_kv_;
  TensorId query_gradient_;
  StepGradients step_gradients_;  // where they are made once
  TensorId kv_gradient_;          // what this rank has added up and sends on
  TensorId arriving_kv_gradient_;
  QueryKeyValue gradients_;
  bool expands_kv_gradients_;
};

}  // namespace seqspan::sim
