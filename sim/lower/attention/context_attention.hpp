// Attention over a sequence that is split over c = u x r ranks: Ulysses around a core, or the core
// alone.
#pragma once

#include "sim/lower/attention/head_groups.hpp"
#include "sim/lower/attention/ulysses.hpp"

namespace seqspan::sim {

using ContextAttention = std::variant<LocalAttention, UnfusedAttention, RingAttention,
                                      AllGatherAttention, UlyssesAttention, HeadGroupAttention>;

[[nodiscard]] inline ContextAttention make_attention(ProgramBuilder& builder,
                                                     const HeadBlock& heads, QueryKeyValue inputs,
                                                     const ContextPlan& plan) {
  if (plan.layout.head_groups > 1) return HeadGroupAttention(builder, heads, inputs, plan);
  if (plan.layout.ulysses > 1) return UlyssesAttention(builder, heads, inputs, plan);
  return std::visit([](auto&& method) -> ContextAttention { return method; },
                    make_core(builder, heads, inputs, plan));
}

}  // namespace seqspan::sim
