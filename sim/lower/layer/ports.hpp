// Where a half of a layer is plugged in: hidden states in and out, [b, s/(c t), h] each, and their
// gradients.
#pragma once

#include "sim/program/tensor.hpp"

namespace seqspan::sim {

struct Ports {
  TensorId input{};
  TensorId output{};
  TensorId output_gradient{};
  TensorId input_gradient{};
};

}  // namespace seqspan::sim
