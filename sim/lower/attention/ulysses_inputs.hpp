// What Ulysses sends, before the all-to-all: K and V repeated where there are fewer heads than
// ranks, and position ids where the framework gathers them; and what each rank has after it.
#pragma once

#include "sim/lower/attention/head_block.hpp"

namespace seqspan::sim {

class UlyssesInputs {
 public:
  // `heads` before the all-to-all: tokens s/c, heads a/t and g/t.
  UlyssesInputs(ProgramBuilder& builder, const HeadBlock& heads, QueryKeyValue inputs,
                const ContextPlan& plan);

  // Repeats and gathers.
  void prepare(ProgramBuilder& builder) const;
  // Of what the all-to-alls brought back: the gradients of repeats are summed.
  void sum_repeats(ProgramBuilder& builder, TensorId key_gradient, TensorId value_gradient) const;

  [[nodiscard]] QueryKeyValue sent() const { return sent_; }
  // As K and V go on the wire: every rank of the group gets one head of its own.
  [[nodiscard]] const HeadBlock& on_wire() const { return on_wire_; }
  // After the all-to-all: tokens s/r, heads a/(t u) and max(g/(t u), 1).
  [[nodiscard]] const HeadBlock& dealt() const { return dealt_; }
  // dK and dV as they leave attention: summed, or `key` and `value` themselves.
  [[nodiscard]] QueryKeyValue gradients(QueryKeyValue in_sequence_order) const;

 private:
  QueryKeyValue inputs_;
  QueryKeyValue sent_;
  bool replicates_;         // u > g/t
  bool gathers_positions_;  // ALST: int64 position ids in every layer
  HeadBlock on_wire_;
  HeadBlock dealt_;
  TensorId positions_;
  TensorId all_positions_;
  TensorId summed_key_gradient_{};
  TensorId summed_value_gradient_{};
};

}  // namespace seqspan::sim
