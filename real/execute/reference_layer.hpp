// A layer of a dense model on one rank, forward and backward, straight from its definition and in
// double precision: what every layout is held against. It knows no program, no layout and no
// kernel.
//
//   y = x + O(attention(RoPE([QK-norm] QKV(norm(x)))))      z = y + down(silu(gate) up)(norm(y))
// Causal, documents masked, norms with scale 1. Numbers are drawn from the seed by what they are
// (matrix, row, column; sequence, position, element), so that a rank can make its own share.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/spec/job.hpp"

namespace seqspan::real {

// The matrices of a layer, whole: [rows, columns], QKV by KV group (layer_share.hpp).
enum class LayerMatrix : std::uint8_t { kQkv, kOutput, kGateUp, kDown };
inline constexpr std::size_t kLayerMatrices = 4;

struct LayerShape {
  std::int64_t sequences = 1;
  std::int64_t tokens = 1;  // s
  std::int64_t hidden = 1;
  std::int64_t query_heads = 1;
  std::int64_t kv_heads = 1;
  std::int64_t head_dim = 1;
  std::int64_t intermediate = 1;
  bool qk_norm = false;
  std::vector<std::int64_t> documents;  // lengths in every sequence; empty: one

  [[nodiscard]] std::int64_t rows(LayerMatrix matrix) const;
  [[nodiscard]] std::int64_t columns(LayerMatrix matrix) const;
};

class LayerNumbers {
 public:
  explicit LayerNumbers(std::uint64_t seed) : seed_(seed) {}

  // In [-1, 1], those of a matrix divided by the root of its columns; of float32 precision.
  [[nodiscard]] float weight(const LayerShape& shape, LayerMatrix matrix, std::int64_t row,
                             std::int64_t column) const;
  [[nodiscard]] float input(std::int64_t sequence, std::int64_t position, std::int64_t i) const;
  [[nodiscard]] float output_gradient(std::int64_t sequence, std::int64_t position,
                                      std::int64_t i) const;

 private:
  [[nodiscard]] float draw(std::uint64_t kind, std::int64_t a, std::int64_t b,
                           std::int64_t c) const;

  std::uint64_t seed_;
};

struct ReferenceLayer {
  std::vector<double> output;          // [sequence, token, h]
  std::vector<double> input_gradient;  // [sequence, token, h]
  // By LayerMatrix: summed over all tokens of all sequences.
  std::vector<std::vector<double>> weight_gradients;
};

[[nodiscard]] ReferenceLayer reference_layer(const LayerShape& shape, const LayerNumbers& numbers);

}  // namespace seqspan::real
