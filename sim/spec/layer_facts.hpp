// What the rest of the program may ask of a kind of attention or feed-forward without knowing which
// kind it is. A new kind answers these in layer_facts.cpp; the compiler names every answer that is
// missing.
#pragma once

#include <cstdint>

#include "sim/spec/model.hpp"
#include "sim/units/units.hpp"

namespace seqspan::sim {

// Parameters of one part, by how a layout splits them.
struct ParameterCounts {
  std::int64_t split_matrices = 0;  // tensor parallelism splits these
  std::int64_t split_vectors = 0;   // their biases
  std::int64_t whole_matrices = 0;  // whole on every tensor parallel rank: router, projections down
  std::int64_t whole_vectors = 0;   // likewise: norms, biases of outputs, bias of the router
  std::int64_t experts = 0;         // matrices of all experts
  std::int64_t active_experts = 0;  // matrices of the experts that one token passes through

  [[nodiscard]] std::int64_t split() const { return split_matrices + split_vectors; }
  [[nodiscard]] std::int64_t whole() const { return whole_matrices + whole_vectors; }
  [[nodiscard]] std::int64_t total() const { return split() + whole() + experts; }
  // Elements of the matrices that one token is multiplied with.
  [[nodiscard]] std::int64_t multiplied_per_token() const {
    return split_matrices + whole_matrices + active_experts;
  }
};

[[nodiscard]] ParameterCounts parameters_of(const Attention& attention, std::int64_t hidden);
[[nodiscard]] ParameterCounts parameters_of(const FeedForward& feed_forward, std::int64_t hidden);

// The heads that tensor parallelism and Ulysses deal out.
struct HeadCounts {
  std::int64_t query = 0;  // a
  std::int64_t kv = 0;     // g
};
[[nodiscard]] HeadCounts heads_of(const Attention& attention);

// Forward FLOPs of the products between queries, keys and values over one sequence:
// 2 pairs a (d_k + d_v) with pairs = s (s + 1) / 2 for causal attention.
[[nodiscard]] Flops forward_flops(const Attention& attention, Tokens sequence);

// E, 0 where there are none.
[[nodiscard]] std::int64_t expert_count(const FeedForward& feed_forward);
[[nodiscard]] bool has_experts(const Tower& tower);

// The size that tensor parallelism (dense) or expert tensor parallelism (experts) splits: f.
[[nodiscard]] std::int64_t intermediate_of(const FeedForward& feed_forward);
// What tensor parallelism splits beside experts: f_s, 0 where there are no shared experts.
[[nodiscard]] std::int64_t shared_intermediate_of(const FeedForward& feed_forward);

// Whether keys and values come from a latent.
[[nodiscard]] bool is_latent(const Attention& attention);

}  // namespace seqspan::sim
