// The dense feed-forward half of a layer: norm, gated feed-forward, residual sum.
#pragma once

#include "sim/lower/layer/dropout.hpp"
#include "sim/lower/layer/gated_feed_forward.hpp"
#include "sim/lower/layer/norm.hpp"
#include "sim/lower/layer/ports.hpp"

namespace seqspan::sim {

class DenseHalf {
 public:
  DenseHalf(ProgramBuilder& builder, const LoweringContext& context,
            const DenseFeedForward& feed_forward, const Weights& weights, const Ports& ports);

  void forward(ProgramBuilder& builder) const;
  // Of forward, what backward reads: without dropout, all up to the operands of the last product.
  void recompute(ProgramBuilder& builder) const;
  void backward(ProgramBuilder& builder) const;

 private:
  Ports ports_;
  Norm norm_;
  Dropout dropout_;
  GatedFeedForward feed_forward_;
};

}  // namespace seqspan::sim
