// Every small error that a lowering of one layer could have: an op or a tensor dropped, duplicated,
// too small or too large, an operand or a carry left out, a ring that turns the other way.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sim/program/program.hpp"

namespace seqspan::real {

struct Mutation {
  std::string kind;  // "op dropped"
  std::string what;  // "forward 'QKV projection'"
  std::function<void(sim::Program&)> apply;
};

// Of the forward and backward blocks of the part and of all its tensors, in a fixed order. To be
// applied to this program, one at a time.
[[nodiscard]] std::vector<Mutation> mutations_of(const sim::Program& program, std::size_t part);

}  // namespace seqspan::real
