#include "tests/real/oracle/problem.hpp"

namespace seqspan::oracle {

std::int64_t Dice::integer(std::int64_t low, std::int64_t high) {
  const auto span = static_cast<std::uint64_t>(high - low + 1);
  return low + static_cast<std::int64_t>(engine_() % span);
}

float Dice::number() {
  return static_cast<float>(static_cast<std::int64_t>(engine_() >> 40) - (1 << 23)) /
         static_cast<float>(1 << 23);
}

std::vector<float> Dice::numbers(std::int64_t count) {
  std::vector<float> values;
  values.reserve(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) values.push_back(number());
  return values;
}

Mask draw_mask(Dice& dice, const Sizes& sizes, bool documents) {
  Mask mask{sizes.batch,
            std::vector<std::int32_t>(static_cast<std::size_t>(sizes.sequence * sizes.batch))};
  if (!documents) return mask;
  for (std::int64_t sequence = 0; sequence < sizes.batch; ++sequence) {
    const std::int64_t cuts = dice.integer(1, 4);
    for (std::int64_t i = 0; i < cuts; ++i) {
      const std::int64_t first = dice.integer(1, sizes.sequence - 1);
      for (std::int64_t row = first; row < sizes.sequence; ++row) {
        ++mask.documents[static_cast<std::size_t>(row * sizes.batch + sequence)];
      }
    }
  }
  return mask;
}

Problem draw_problem(Dice& dice, const Sizes& sizes, bool documents) {
  const std::int64_t rows = sizes.sequence * sizes.batch;
  Problem problem;
  problem.sizes = sizes;
  problem.mask = draw_mask(dice, sizes, documents);
  problem.query = dice.numbers(rows * sizes.query_heads * sizes.head_dim);
  problem.key = dice.numbers(rows * sizes.kv_heads * sizes.head_dim);
  problem.value = dice.numbers(rows * sizes.kv_heads * sizes.head_dim);
  problem.output_gradient = dice.numbers(rows * sizes.query_heads * sizes.head_dim);
  return problem;
}

}  // namespace seqspan::oracle
