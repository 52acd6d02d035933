// The longest sequences of ALST, arXiv 2506.13996, Table 1 (Llama-3.1-8B, 8 H100), with features
// turned on one by one: how far the longest sequence that is predicted to fit is from each.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "profiles/replay/replay.hpp"

namespace seqspan::profiles {
namespace {

constexpr const char* kCase = "tests/published/cases/alst-llama31-8b-8xH100.json";

bool fits(const ReplayCase& source, const ReplayRow& row, std::int64_t tokens) {
  ReplayCase one = source;
  one.rows = {row};
  one.rows.front().sequence_length = tokens;
  const auto replayed = replay(one, ".");
  EXPECT_TRUE(replayed && replayed->rows.front().refused.empty()) << tokens;
  return replayed && replayed->rows.front().fits;
}

// Over the published one, to 0.5 %. Lengths are multiples of the 8 ranks.
double longest(const ReplayCase& source, const ReplayRow& row) {
  const std::int64_t published = row.sequence_length / 8;
  std::int64_t low = 1;
  std::int64_t high = 4 * published;
  while (high - low > published / 200) {
    const std::int64_t middle = (low + high) / 2;
    (fits(source, row, 8 * middle) ? low : high) = middle;
  }
  return static_cast<double>(low) / static_cast<double>(published);
}

TEST(PublishedAlst, LongestSequences) {
  const auto source = read_replay_case(kCase, ".");
  ASSERT_TRUE(source);
  ASSERT_EQ(source->rows.size(), 6U);
  std::vector<double> ratios;
  for (const ReplayRow& row : source->rows) {
    ratios.push_back(longest(*source, row));
    fmt::print("{}: {:.2f} of {} tokens\n", row.group, ratios.back(), row.sequence_length);
  }
  // Three sets of features are met to 10 %: tiled loss, Ulysses with it, and layer inputs on the
  // host.
  for (const std::size_t row : {1U, 2U, 4U}) EXPECT_NEAR(ratios[row], 1.0, 0.1) << row;
  // Missed, and longer than what was published: with tiled MLPs by a third, and the baseline, which
  // was perhaps looked for in powers of two only (the next is 64K). Not understood; nothing is
  // fitted.
  EXPECT_NEAR(ratios[3], 1.36, 0.05);
  EXPECT_NEAR(ratios[5], 1.32, 0.05);
  EXPECT_GT(ratios[0], 1.0);
  EXPECT_LT(ratios[0], 2.0);
  // Each feature lengthens the sequence, in the published order.
  for (std::size_t row = 1; row < ratios.size(); ++row) {
    EXPECT_GT(ratios[row] * static_cast<double>(source->rows[row].sequence_length),
              ratios[row - 1] * static_cast<double>(source->rows[row - 1].sequence_length));
  }
}

}  // namespace
}  // namespace seqspan::profiles
