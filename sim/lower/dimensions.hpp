// The extents that the layers of a tower share, with the symbols that the printed program shows.
#pragma once

#include "sim/lower/framework_traits.hpp"
#include "sim/program/builder.hpp"
#include "sim/spec/job.hpp"
#include "sim/spec/layout.hpp"

namespace seqspan::sim {

struct Dimensions {
  Extent batch;             // b
  Extent sequence;          // s
  Extent tokens;            // s/c
  Extent shard_tokens;      // s/(c t) outside TP regions with sequence parallelism, else s/c
  Extent hidden;            // h
  std::int64_t rows;        // b s/c: rows of a GEMM inside a TP region
  std::int64_t shard_rows;  // b x shard_tokens

  [[nodiscard]] Shape full() const { return {batch, tokens, hidden}; }
  [[nodiscard]] bool splits_tokens() const { return shard_tokens.value < tokens.value; }
  [[nodiscard]] Shape shard() const { return {batch, shard_tokens, hidden}; }
};

[[nodiscard]] Dimensions dimensions_of(const Tower& tower, const Training& training,
                                       const Layout& layout);

// What every part of the lowering needs to know.
struct LoweringContext {
  const Job& job;
  const Tower& tower;
  const Layout& layout;
  const FrameworkTraits& traits;
  Dimensions dimensions;
  std::int64_t ring_rank = 0;  // whose program is written
};

// Whether products and the tensor parallel communication that they need go in pieces.
[[nodiscard]] inline bool overlaps_tensor_parallel(const LoweringContext& context) {
  return context.job.training.overlap_tensor_parallel && context.dimensions.splits_tokens();
}

// What a norm writes that a linear layer reads.
[[nodiscard]] DataType norm_output_type(const LoweringContext& context);

// V/t rows of the embedding and of the LM head, padded as the framework pads them.
// Source: Megatron-LM megatron/training/tokenizer (padding to a multiple of 128 t).
[[nodiscard]] std::int64_t vocabulary_rows(const LoweringContext& context);

}  // namespace seqspan::sim
