// The same problem as the program sees it: the only place here that knows seqspan. A model of one
// layer with the problem's heads, lowered for the plan's layout in the framework that does as the
// plan does.
#pragma once

#include <string>
#include <vector>

#include "sim/program/program.hpp"
#include "sim/spec/framework.hpp"
#include "tests/real/oracle/plan.hpp"

namespace seqspan::oracle {

// transformer engine: megatron; all-gather also torchtitan.
[[nodiscard]] std::vector<sim::Framework> frameworks_of(const Plan& plan, const Sizes& sizes);

// The layer's program of one rank of the ring. Fails the test where seqspan would refuse the
// layout.
[[nodiscard]] sim::Program lower_layer(const Plan& plan, const Sizes& sizes, std::int64_t hidden,
                                       std::int64_t ring_rank, sim::Framework framework);

// Ops of a block in the order in which they run, loops unrolled, each by its index in Program::ops.
[[nodiscard]] std::vector<std::size_t> unrolled(const sim::Program& program,
                                                const sim::Block& block);

// Of those, what the attention half sends: ops on the tensor, Ulysses and ring axes up to the
// residual sum after attention, or backward from the gradient of the output projection.
[[nodiscard]] std::vector<const sim::Op*> attention_traffic(const sim::Program& program,
                                                            bool backward);

// What attention itself holds, from q, k, v to the output and from its gradient to theirs, as the
// program's memory reader sees it: the ops between RoPE and the output projection, as a part of
// their own. Bytes of one rank.
struct AttentionMemory {
  std::int64_t kept = 0;  // when forward returns: saved tensors and the output
  std::int64_t forward_peak = 0;
  std::int64_t backward_peak = 0;
  std::string kept_tensors;  // for messages: name bytes, ...
  std::string at_forward_peak;
  std::string at_backward_peak;
};
[[nodiscard]] AttentionMemory attention_memory(sim::Program program);

}  // namespace seqspan::oracle
