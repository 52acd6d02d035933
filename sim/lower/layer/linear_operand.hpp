// What a linear layer multiplies besides its weights: its input, or the gradient of its output.
//
// In bf16 it is the tensor itself, with all tokens where tensor parallelism gathers them. In FP8 it
// is cast before it is gathered (so one byte a number travels) and, for the weight gradient, which
// sums over tokens, transposed. Bytes moved for n numbers:
//   cast                 2 n read (twice where its largest number is looked for first), n written
//   and its transpose    n written beside it in one kernel, or read and written once more; none
//                        where products take operands either way
// Where tensor parallelism overlaps, the gather of the forward and of the data gradient product is
// a ring exchange: the rank's own piece is copied into the whole (its bytes read and written), and
// t-1 times the piece that came last is passed on while it is multiplied. Source: TransformerEngine
// pytorch/module/base.py (initialize_ub: ring_exchange of qkv_fprop, fc1_fprop, proj_dgrad,
// fc2_dgrad; fill_userbuffers_buffer_for_all_gather); PyTorch torch/distributed/_symmetric_memory
// (fused_all_gather_matmul). An input is kept for backward as what was cast, or as it was, to be
// cast again (sim/lower/fp8.hpp has who does which, and the sources).
#pragma once

#include "sim/lower/dimensions.hpp"
#include "sim/lower/fp8.hpp"

namespace seqspan::sim {

struct OperandNames {
  const char* whole = "";       // with all tokens, bf16
  const char* cast = "";        // in FP8
  const char* whole_cast = "";  // with all tokens, in FP8
  const char* transposed = "";  // likewise, for the weight gradient
  const char* exchange = "";    // the op that passes a piece on, where gathered under the product
};

class LinearOperand {
 public:
  enum class Role : std::uint8_t { kInput, kGradient };
  // Whether it stands on the token shards that tensor parallelism gathers.
  enum class Tokens : std::uint8_t { kShard, kAll };

  LinearOperand(ProgramBuilder& builder, const LoweringContext& context, const OperandNames& names,
                TensorId source, Role role, Tokens tokens);

  // Before the forward or the data gradient product: cast, and gathered by an op of this name or
  // ready to be exchanged.
  void prepare(ProgramBuilder& builder, const char* gather) const;
  // Of an input, in backward: gathered again for the weight gradient.
  void gather_again(ProgramBuilder& builder, const char* gather) const;
  // Before the weight gradient product.
  void transpose(ProgramBuilder& builder) const;

  // What the forward and data gradient products read, and what the weight gradient product reads.
  [[nodiscard]] TensorId rows() const { return fp8_.active ? whole_cast_ : whole_; }
  [[nodiscard]] TensorId columns() const { return fp8_.active ? transposed_ : whole_; }
  // Pieces that it arrives in while the forward or data gradient product runs; 1: it is there.
  [[nodiscard]] std::int64_t pieces() const { return pieces_; }
  // Sends the piece that came last to the next rank.
  void pass_on(ProgramBuilder& builder) const;
  // With all tokens, in bf16.
  [[nodiscard]] TensorId whole() const { return whole_; }

 private:
  [[nodiscard]] bool gathered() const { return whole_cast_ != cast_; }
  void cast(ProgramBuilder& builder) const;

  Fp8Use fp8_;
  Role role_;
  std::int64_t pieces_ = 1;
  const char* exchange_ = "";
  bool is_cast_ = false;  // by whoever wrote it
  bool transposed_in_cast_ = false;
  TensorId source_;
  TensorId whole_;
  TensorId cast_;
  TensorId whole_cast_;
  TensorId transposed_;
};

}  // namespace seqspan::sim
