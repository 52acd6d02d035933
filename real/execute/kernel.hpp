// What runs in place of a compute op, on the host, in float32: for numbers, not for speed.
//
// A kernel is found by the name of its op and takes everything from the tensors that the op names,
// in the op's order. What it does not get from there is in LayerShare: who the rank is.
#pragma once

#include <string_view>
#include <vector>

#include "real/execute/floats.hpp"
#include "real/execute/layer_share.hpp"
#include "sim/errors/error.hpp"
#include "sim/program/op.hpp"

namespace seqspan::real {

// A tensor of an op with what it holds: several copies where one is kept per iteration, oldest
// first. Others have one.
struct Operand {
  const sim::Tensor* tensor = nullptr;
  std::vector<Floats> copies;
  std::int64_t ring_owner = 0;  // whose keys and values these are, where they travel a ring

  [[nodiscard]] const Floats& values() const {
    if (copies.empty()) throw std::out_of_range("a tensor that nobody has written");
    return copies.back();
  }
  [[nodiscard]] std::int64_t extent(std::size_t axis) const {
    return tensor->shape.extents[axis].value;
  }
};

struct KernelCall {
  const LayerShare& share;
  std::vector<Operand> reads;
  std::vector<Operand> writes;
  // Products and attention add what they have multiplied, 2 for each product and sum: counted where
  // it is done, from the tensors.
  sim::Flops& flops;

  // An operand that the op does not have throws std::out_of_range.
  [[nodiscard]] const Operand& read(std::size_t index) const { return reads.at(index); }
  [[nodiscard]] const Operand& write(std::size_t index) const { return writes.at(index); }
};

using Kernel = sim::Result<void> (*)(const KernelCall& call);

// Null where no kernel has this name.
[[nodiscard]] Kernel find_kernel(std::string_view op);

}  // namespace seqspan::real
