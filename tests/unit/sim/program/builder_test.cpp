#include "sim/program/builder.hpp"

#include <gtest/gtest.h>

namespace seqspan::sim {
namespace {

// A tensor of the shape of another one, while the program grows: the sanitizers see a shape that is
// read after it has moved.
TEST(Builder, TakesTheShapeOfATensorOfTheProgram) {
  Program program;
  ProgramBuilder builder(program);
  builder.begin_part("part");
  const TensorId first = builder.bfloat16("first", {Extent{"h", 3}, Extent{"f", 5}});
  for (int i = 0; i < 1000; ++i) {
    program.tensors.shrink_to_fit();
    const TensorId next = builder.bfloat16("next", program.tensor(first).shape);
    ASSERT_EQ(program.tensor(next).bytes, Bytes(2 * 3 * 5));
    ASSERT_EQ(program.tensor(next).shape.extents[1].value, 5);
  }
}

}  // namespace
}  // namespace seqspan::sim
