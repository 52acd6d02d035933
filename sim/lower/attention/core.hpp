// The attention that runs once heads have been dealt out: one of the methods of this folder that
// need no all-to-all. A new method is a new file and a new alternative.
#pragma once

#include <variant>

#include "sim/lower/attention/all_gather.hpp"
#include "sim/lower/attention/local.hpp"
#include "sim/lower/attention/ring.hpp"
#include "sim/lower/attention/unfused.hpp"

namespace seqspan::sim {

using AttentionCore =
    std::variant<LocalAttention, UnfusedAttention, RingAttention, AllGatherAttention>;

[[nodiscard]] AttentionCore make_core(ProgramBuilder& builder, const HeadBlock& block,
                                      QueryKeyValue inputs, const ContextPlan& plan);

// Every method answers to these four.
template <class... Methods>
void forward(const std::variant<Methods...>& attention, ProgramBuilder& builder) {
  std::visit([&](const auto& method) { method.forward(builder); }, attention);
}

template <class... Methods>
void backward(const std::variant<Methods...>& attention, ProgramBuilder& builder,
              TensorId output_gradient) {
  std::visit([&](const auto& method) { method.backward(builder, output_gradient); }, attention);
}

template <class... Methods>
TensorId output_of(const std::variant<Methods...>& attention) {
  return std::visit([](const auto& method) { return method.output(); }, attention);
}

template <class... Methods>
QueryKeyValue gradients_of(const std::variant<Methods...>& attention) {
  return std::visit([](const auto& method) { return method.gradients(); }, attention);
}

}  // namespace seqspan::sim
