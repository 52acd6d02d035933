// An attention problem drawn at random, the same on every rank: all of q, k, v and dO.
//
// Tensors are [s, b, heads, d] with rows outermost (Megatron's 'sbhd'), so that any run of rows is
// contiguous; query head i reads KV head i g / a. A query sees the keys of its own document at its
// own position and before; with one document that is the causal mask, with more the mask of packed
// sequences.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

namespace seqspan::oracle {

struct Sizes {
  std::int64_t batch = 1;        // b
  std::int64_t sequence = 1;     // s
  std::int64_t query_heads = 1;  // a
  std::int64_t kv_heads = 1;     // g
  std::int64_t head_dim = 1;     // d
};

// Documents by row and sequence: documents[row b + sequence].
struct Mask {
  std::int64_t batch = 1;
  std::vector<std::int32_t> documents;

  [[nodiscard]] bool sees(std::int64_t query, std::int64_t key, std::int64_t sequence) const {
    return key <= query && document(query, sequence) == document(key, sequence);
  }
  [[nodiscard]] std::int32_t document(std::int64_t row, std::int64_t sequence) const {
    return documents[static_cast<std::size_t>(row * batch + sequence)];
  }
};

struct Problem {
  Sizes sizes;
  Mask mask;
  std::vector<float> query;
  std::vector<float> key;
  std::vector<float> value;
  std::vector<float> output_gradient;
};

// The same numbers for the same generator state, on any standard library.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}

  // In [low, high].
  std::int64_t integer(std::int64_t low, std::int64_t high);
  // In [-1, 1), exact in float.
  float number();
  std::vector<float> numbers(std::int64_t count);

 private:
  std::mt19937_64 engine_;
};

// One document per sequence, or two to five of random lengths.
[[nodiscard]] Mask draw_mask(Dice& dice, const Sizes& sizes, bool documents);
[[nodiscard]] Problem draw_problem(Dice& dice, const Sizes& sizes, bool documents);

}  // namespace seqspan::oracle
