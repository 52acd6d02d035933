// The attention half of a layer on one rank in double precision: QKV = x W_qkv, attention,
// y = o W_o, and back. Columns of W_qkv as in tensor_parallel.hpp.
#pragma once

#include "tests/real/oracle/dense.hpp"
#include "tests/real/oracle/tensor_parallel.hpp"

namespace seqspan::oracle {

struct LayerProblem {
  LayerHeads layer;
  std::int64_t sequence = 1;
  Mask mask;
  std::vector<float> input;            // x [s, b, h]
  std::vector<float> qkv;              // W_qkv [h, (a + 2 g) d]
  std::vector<float> output;           // W_o [a d, h]
  std::vector<float> output_gradient;  // dy [s, b, h]
};

struct LayerAnswer {
  std::vector<double> output;          // y
  std::vector<double> input_gradient;  // dx
  std::vector<double> qkv_gradient;    // dW_qkv
  std::vector<double> output_weight_gradient;
};

[[nodiscard]] LayerProblem draw_layer(Dice& dice, const Sizes& sizes, std::int64_t hidden,
                                      bool documents);
[[nodiscard]] LayerAnswer solve(const LayerProblem& problem);

}  // namespace seqspan::oracle
