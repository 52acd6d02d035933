#include "real/attention/attention.hpp"

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

namespace seqspan::real {
namespace {

using Floats = std::vector<float>;
using Doubles = std::vector<double>;

Floats random_floats(std::size_t count, std::mt19937& random) {
  std::uniform_real_distribution<float> draw(-1, 1);
  Floats values(count);
  for (float& value : values) value = draw(random);
  return values;
}

// Takes a block of keys into the whole: LSE = log(exp(LSE1) + exp(LSE2)), and
// o = o1 exp(LSE1 - LSE) + o2 exp(LSE2 - LSE).
void merge(Floats& total, Floats& total_lse, const Floats& part, const Floats& part_lse) {
  const std::size_t d = total.size() / total_lse.size();
  for (std::size_t i = 0; i < total_lse.size(); ++i) {
    const float larger = std::max(total_lse[i], part_lse[i]);
    if (std::isinf(larger)) continue;
    const float lse =
        larger + std::log(std::exp(total_lse[i] - larger) + std::exp(part_lse[i] - larger));
    for (std::size_t j = i * d; j < (i + 1) * d; ++j) {
      total[j] = std::exp(total_lse[i] - lse) * total[j] + std::exp(part_lse[i] - lse) * part[j];
    }
    total_lse[i] = lse;
  }
}

// A whole problem on one rank.
struct Problem {
  AttentionHeads heads;
  std::vector<std::int64_t> positions;
  std::vector<std::int32_t> documents;
  Floats q, k, v, gradient;

  [[nodiscard]] Rows rows() const { return {positions, documents}; }
  [[nodiscard]] std::size_t size() const { return positions.size(); }
};

Problem make_problem(AttentionHeads heads, std::size_t rows, std::size_t document_count,
                     std::mt19937& random) {
  Problem problem{heads, std::vector<std::int64_t>(rows), {}, {}, {}, {}, {}};
  std::iota(problem.positions.begin(), problem.positions.end(), 0);
  if (document_count > 0) {
    problem.documents.resize(rows);
    for (std::size_t i = 0; i < rows; ++i) {
      problem.documents[i] = static_cast<std::int32_t>(i * document_count / rows);
    }
  }
  const auto b = static_cast<std::size_t>(heads.batch);
  const auto d = static_cast<std::size_t>(heads.head_dim);
  const std::size_t of_queries = b * rows * static_cast<std::size_t>(heads.query_heads) * d;
  const std::size_t of_keys = b * rows * static_cast<std::size_t>(heads.kv_heads) * d;
  problem.q = random_floats(of_queries, random);
  problem.k = random_floats(of_keys, random);
  problem.v = random_floats(of_keys, random);
  problem.gradient = random_floats(of_queries, random);
  return problem;
}

// Straight from the definition, in double: softmax over what is seen, and its derivative.
struct Reference {
  Doubles output, dq, dk, dv;
};

Reference reference(const Problem& p) {
  const auto n = p.size();
  const auto b = static_cast<std::size_t>(p.heads.batch);
  const auto a = static_cast<std::size_t>(p.heads.query_heads);
  const auto g = static_cast<std::size_t>(p.heads.kv_heads);
  const auto d = static_cast<std::size_t>(p.heads.head_dim);
  const double scale = 1 / std::sqrt(static_cast<double>(d));
  Reference r{Doubles(p.q.size()), Doubles(p.q.size()), Doubles(p.k.size()), Doubles(p.v.size())};
  for (std::size_t batch = 0; batch < b; ++batch) {
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t head = 0; head < a; ++head) {
        const std::size_t q = ((batch * n + i) * a + head) * d;
        Doubles weights(n);
        double sum = 0;
        const auto kv = [&](std::size_t j) { return ((batch * n + j) * g + head * g / a) * d; };
        for (std::size_t j = 0; j < n; ++j) {
          if (!sees(p.heads.mask, p.rows(), i, p.rows(), j)) continue;
          double score = 0;
          for (std::size_t x = 0; x < d; ++x) score += double{p.q[q + x]} * p.k[kv(j) + x];
          weights[j] = std::exp(scale * score);
          sum += weights[j];
        }
        double shared = 0;
        for (std::size_t j = 0; j < n; ++j) {
          weights[j] /= sum;
          double dot = 0;
          for (std::size_t x = 0; x < d; ++x) {
            r.output[q + x] += weights[j] * p.v[kv(j) + x];
            dot += double{p.gradient[q + x]} * p.v[kv(j) + x];
          }
          shared += weights[j] * dot;
        }
        for (std::size_t j = 0; j < n; ++j) {
          double dot = 0;
          for (std::size_t x = 0; x < d; ++x) dot += double{p.gradient[q + x]} * p.v[kv(j) + x];
          const double of_score = scale * weights[j] * (dot - shared);
          for (std::size_t x = 0; x < d; ++x) {
            r.dv[kv(j) + x] += weights[j] * p.gradient[q + x];
            r.dq[q + x] += of_score * p.k[kv(j) + x];
            r.dk[kv(j) + x] += of_score * p.q[q + x];
          }
        }
      }
    }
  }
  return r;
}

void expect_near(const Floats& got, const Doubles& expected) {
  ASSERT_EQ(got.size(), expected.size());
  double largest = 0;
  for (const double value : expected) largest = std::max(largest, std::abs(value));
  for (std::size_t i = 0; i < got.size(); ++i) {
    ASSERT_NEAR(got[i], expected[i], 1e-5 * std::max(largest, 1e-3)) << i;
  }
}

// Rows `from` of [n, width] values, for one batch.
Floats pick(const Floats& values, const std::vector<std::size_t>& from, std::size_t width) {
  Floats picked;
  for (const std::size_t row : from) {
    const auto at = values.begin() + static_cast<std::ptrdiff_t>(row * width);
    picked.insert(picked.end(), at, at + static_cast<std::ptrdiff_t>(width));
  }
  return picked;
}

// Two queries, two keys, d = 1, no mask: scores q k = 0, 0 and 0, 1; v = 2, 4. Row 0: the mean, 3,
// LSE log 2. Row 1: (2 + 4 e) / (1 + e) = 3.4621, LSE log(1 + e) = 1.3133.
TEST(Attention, ByHand) {
  const AttentionHeads heads{1, 1, 1, 1, Mask::kNone};
  const std::vector<std::int64_t> positions{0, 1};
  const Floats q{0, 1};
  const Floats k{0, 1};
  const Floats v{2, 4};
  Floats o(2);
  Floats lse(2);
  ASSERT_TRUE(attention_forward(heads, {{positions, {}}, q}, {{positions, {}}, k, v}, {o, lse}));
  EXPECT_NEAR(o[0], 3.0, 1e-6);
  EXPECT_NEAR(lse[0], 0.693147, 1e-6);
  EXPECT_NEAR(o[1], 3.462117, 1e-6);
  EXPECT_NEAR(lse[1], 1.313262, 1e-6);
}

// Causal: the first row sees itself only.
TEST(Attention, CausalRowsSeeWhatIsBehind) {
  const AttentionHeads heads{1, 1, 1, 1, Mask::kCausal};
  const std::vector<std::int64_t> positions{0, 1};
  const Floats values{2, 4};
  Floats o(2);
  Floats lse(2);
  ASSERT_TRUE(attention_forward(heads, {{positions, {}}, values}, {{positions, {}}, values, values},
                                {o, lse}));
  EXPECT_FLOAT_EQ(o[0], 2);
  EXPECT_FLOAT_EQ(lse[0], 4);
}

TEST(Attention, ABlockThatNobodySeesIsNothing) {
  const AttentionHeads heads{1, 1, 1, 1, Mask::kCausal};
  const std::vector<std::int64_t> early{0};
  const std::vector<std::int64_t> late{1};
  const Floats one{1};
  Floats o{7};
  Floats lse{7};
  ASSERT_TRUE(attention_forward(heads, {{early, {}}, one}, {{late, {}}, one, one}, {o, lse}));
  EXPECT_EQ(o[0], 0);
  EXPECT_EQ(lse[0], -std::numeric_limits<float>::infinity());
  // Merging it changes nothing, and two of them stay nothing.
  Floats total{3};
  Floats total_lse{0.5F};
  merge(total, total_lse, o, lse);
  EXPECT_EQ(total[0], 3);
  EXPECT_EQ(total_lse[0], 0.5F);
}

RC_GTEST_PROP(Attention, EqualsItsDefinition, ()) {
  std::mt19937 random(*rc::gen::arbitrary<unsigned>());
  const auto g = *rc::gen::inRange<std::int64_t>(1, 4);
  const AttentionHeads heads{
      *rc::gen::inRange<std::int64_t>(1, 3), g * *rc::gen::inRange<std::int64_t>(1, 4), g,
      *rc::gen::inRange<std::int64_t>(1, 9), *rc::gen::element(Mask::kNone, Mask::kCausal)};
  const Problem p = make_problem(heads, *rc::gen::inRange<std::size_t>(1, 20),
                                 *rc::gen::inRange<std::size_t>(0, 4), random);
  const Reference expected = reference(p);
  const auto lse_size = p.q.size() / static_cast<std::size_t>(heads.head_dim);
  Floats o(p.q.size());
  Floats lse(lse_size);
  RC_ASSERT(attention_forward(heads, {p.rows(), p.q}, {p.rows(), p.k, p.v}, {o, lse}).has_value());
  expect_near(o, expected.output);
  Floats dq(p.q.size());
  Floats dk(p.k.size());
  Floats dv(p.v.size());
  RC_ASSERT(attention_backward(heads, {p.rows(), p.q}, {p.rows(), p.k, p.v}, {o, lse}, p.gradient,
                               {dq, dk, dv})
                .has_value());
  expect_near(dq, expected.dq);
  expect_near(dk, expected.dk);
  expect_near(dv, expected.dv);
}

// Keys dealt to blocks at random, visited in any order: what a ring does.
RC_GTEST_PROP(Attention, BlocksMergeToTheWhole, ()) {
  std::mt19937 random(*rc::gen::arbitrary<unsigned>());
  const AttentionHeads heads{1, 4, 2, 4, Mask::kCausal};
  const Problem p = make_problem(heads, *rc::gen::inRange<std::size_t>(2, 24),
                                 *rc::gen::inRange<std::size_t>(0, 3), random);
  const Reference expected = reference(p);
  const auto blocks = *rc::gen::inRange<std::size_t>(1, 5);
  std::vector<std::vector<std::size_t>> dealt(blocks);
  for (std::size_t i = 0; i < p.size(); ++i) dealt[random() % blocks].push_back(i);

  Floats total(p.q.size());
  Floats total_lse(p.size() * 4, -std::numeric_limits<float>::infinity());
  Floats dq(p.q.size());
  Floats dk(p.k.size());
  Floats dv(p.v.size());
  constexpr std::size_t kWidth = 2 * 4;  // of a row of K or V
  struct Block {
    std::vector<std::int64_t> positions;
    std::vector<std::int32_t> documents;
    Floats k, v;
  };
  std::vector<Block> held;
  for (const auto& rows : dealt) {
    Block block;
    for (const std::size_t row : rows) {
      block.positions.push_back(p.positions[row]);
      if (!p.documents.empty()) block.documents.push_back(p.documents[row]);
    }
    block.k = pick(p.k, rows, kWidth);
    block.v = pick(p.v, rows, kWidth);
    Floats part(p.q.size());
    Floats part_lse(total_lse.size());
    const Rows keys{block.positions, block.documents};
    if (p.documents.empty() == block.documents.empty()) {
      RC_ASSERT(
          attention_forward(heads, {p.rows(), p.q}, {keys, block.k, block.v}, {part, part_lse})
              .has_value());
      merge(total, total_lse, part, part_lse);
    }
    held.push_back(std::move(block));
  }
  expect_near(total, expected.output);
  for (std::size_t i = 0; i < held.size(); ++i) {
    const Block& block = held[i];
    if (block.positions.empty()) continue;
    Floats block_dk(block.k.size());
    Floats block_dv(block.v.size());
    RC_ASSERT(attention_backward(heads, {p.rows(), p.q},
                                 {{block.positions, block.documents}, block.k, block.v},
                                 {total, total_lse}, p.gradient, {dq, block_dk, block_dv})
                  .has_value());
    for (std::size_t row = 0; row < dealt[i].size(); ++row) {
      std::copy_n(block_dk.begin() + static_cast<std::ptrdiff_t>(row * kWidth), kWidth,
                  dk.begin() + static_cast<std::ptrdiff_t>(dealt[i][row] * kWidth));
      std::copy_n(block_dv.begin() + static_cast<std::ptrdiff_t>(row * kWidth), kWidth,
                  dv.begin() + static_cast<std::ptrdiff_t>(dealt[i][row] * kWidth));
    }
  }
  expect_near(dq, expected.dq);
  expect_near(dk, expected.dk);
  expect_near(dv, expected.dv);
}

// The derivative itself, held against differences of the definition's output.
TEST(Attention, TheReferenceIsADerivative) {
  std::mt19937 random(7);
  Problem p = make_problem({1, 2, 1, 3, Mask::kCausal}, 5, 2, random);
  const Reference at = reference(p);
  const auto loss = [&] {
    const Reference r = reference(p);
    double sum = 0;
    for (std::size_t i = 0; i < r.output.size(); ++i) sum += r.output[i] * double{p.gradient[i]};
    return sum;
  };
  constexpr float kStep = 1.0F / 1024;
  const auto check = [&](Floats& values, const Doubles& derivative) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      const float before = values[i];
      values[i] = before + kStep;
      const double above = loss();
      values[i] = before - kStep;
      const double below = loss();
      values[i] = before;
      EXPECT_NEAR((above - below) / (2 * double{kStep}), derivative[i], 1e-5) << i;
    }
  };
  check(p.q, at.dq);
  check(p.k, at.dk);
  check(p.v, at.dv);
}

TEST(Attention, RefusesTensorsThatAreTooShort) {
  const AttentionHeads heads{1, 2, 1, 4, Mask::kCausal};
  const std::vector<std::int64_t> positions{0, 1};
  const Floats q(16);
  const Floats kv(8);
  const Floats short_kv(7);
  Floats o(16, 5.0F);
  Floats lse(4);
  const Rows rows{positions, {}};
  const auto refused = attention_forward(heads, {rows, q}, {rows, kv, short_kv}, {o, lse});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().what, "v has 7 elements");
  EXPECT_EQ(refused.error().why, "its shape needs 8");
  EXPECT_EQ(o[0], 5.0F);
  const auto heads_refused =
      attention_forward({1, 3, 2, 4, Mask::kCausal}, {rows, q}, {rows, kv, kv}, {o, lse});
  ASSERT_FALSE(heads_refused);
}

}  // namespace
}  // namespace seqspan::real
