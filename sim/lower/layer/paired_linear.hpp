// Linear layers that read one input and are multiplied as one, whose outputs backward has kept, or
// computes again, in part: q, k, v; gate and up.
//
// torchtitan's selective recomputation keeps the output of every first of two products of a layer,
// in the order wq, wk, wv, wo, w1 (gate), w3 (up), w2: q, v and gate are kept, k and up are
// computed again. Products in FP8 are not on its list: all of them are. Elsewhere it is one product
// with one output. Where the layers are apart (FrameworkTraits::separate_projections), the
// gradients of their input are summed: 6 bytes a number and sum, or 2 read by the kernel that
// follows where the model is compiled. Sources: torchtitan distributed/activation_checkpoint.py
// (mm_count; of 2024, parallelisms/ parallelize_llama.py), models/llama3/model (order of modules).
#pragma once

#include <optional>

#include "sim/lower/layer/linear.hpp"

namespace seqspan::sim {

struct PairedNames {
  const char* output;  // of both
  const char* output_symbol;
  LinearNames products;
  const char* kept;  // of the part that is kept
  const char* kept_symbol;
  const char* kept_product;
  const char* again;  // of the part that is computed again
  const char* again_symbol;
  const char* again_product;
  const char* sum_of_gradients;
};

class PairedLinear {
 public:
  // `layers` read the input; `again_outputs` of `shape.outputs` belong to the part that is computed
  // again. `rows` are the extents of an output but its last.
  PairedLinear(ProgramBuilder& builder, const LoweringContext& context, const PairedNames& names,
               const LinearShape& shape, std::int64_t again_outputs, std::int64_t layers,
               const Shape& rows, const Weights& weights);

  void forward(ProgramBuilder& builder, const LinearOperand& input) const;
  // What backward does not find.
  void recompute(ProgramBuilder& builder, const LinearOperand& input) const;
  void data_gradient(ProgramBuilder& builder, const LinearOperand& output_gradient,
                     TensorId input_gradient) const;
  void weight_gradient(ProgramBuilder& builder, const LinearOperand& output_gradient,
                       const LinearOperand& input) const;

  // One tensor, or the kept part and the other.
  [[nodiscard]] const Operands& outputs() const { return outputs_; }
  [[nodiscard]] bool is_split() const { return outputs_.size() > 1; }

 private:
  PairedNames names_;
  std::int64_t bytes_of_sums_ = 0;  // per number of the input's gradient
  Linear whole_;
  std::optional<Linear> kept_;  // where split
  std::optional<Linear> again_;
  Operands outputs_;
};

}  // namespace seqspan::sim
