// A Program as text that a person can follow: parts, tensors with symbolic shapes and what becomes
// of them, blocks with their ops, streams, work and operands, and which stage runs what how often.
#pragma once

#include <string>

#include "sim/program/program.hpp"

namespace seqspan::sim {

[[nodiscard]] std::string to_text(const Program& program);
// "[b=1, s/c=16384, h=4096] bf16"
[[nodiscard]] std::string to_text(const Tensor& tensor);
// What an op does: "GEMM m=16384 n=4096 k=4096", "all-to-all over ulysses (8) 134217728 B, ...".
[[nodiscard]] std::string work_text(const Program& program, const Op& op);

}  // namespace seqspan::sim
