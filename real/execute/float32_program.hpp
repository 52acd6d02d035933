// The same program with float32 in place of bf16, for numbers that are to agree with a reference to
// 1e-5: what is executed for `--check`.
//
// Every bf16 tensor becomes float32, and the bytes of every communication follow from the tensors
// that it moves, by the table of sim/program/op.hpp:
//   all-gather: what it writes    ring shift, point-to-point: all that it reads
//   others: the larger of what it reads and writes
// Bytes of memory passes stay: they say how long a pass takes, which --check does not ask.
#pragma once

#include "sim/program/program.hpp"

namespace seqspan::real {

[[nodiscard]] sim::Program in_float32(sim::Program program);

// The bytes of a communication as its operands have them.
[[nodiscard]] sim::Bytes bytes_by_operands(const sim::Program& program, const sim::Op& op);

}  // namespace seqspan::real
