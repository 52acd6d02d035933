// Cases as files: what is refused, and what a row is held against.
#include "profiles/replay/replay.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace seqspan::profiles {
namespace {

// Writes a case with these members besides name and source, and reads it.
sim::Result<ReplayCase> read(const std::string& members) {
  // Tests run side by side.
  const std::string file =
      testing::TempDir() + testing::UnitTest::GetInstance()->current_test_info()->name() + ".json";
  std::ofstream(file) << R"({"name": "n", "source": "s", )" + members + "}";
  return read_replay_case(file, ".");
}

constexpr const char* kHead = R"("model": "Llama-3-8B", "cluster": "h100-1x8", )";
constexpr const char* kRow =
    R"({"sequence_length": 8192, "global_batch_size": 8, "layout": "tp=2", "measured": )";

TEST(ReplayCase, NeedsAModelOrAReason) {
  EXPECT_FALSE(read(R"("rows": [])"));
  EXPECT_TRUE(read(R"("rows": [], "left_out": "FP8")"));
}

TEST(ReplayCase, ARowNeedsAMeasurementOrAReason) {
  const auto empty = read(std::string(kHead) + R"("rows": [)" + kRow + "{}}]");
  ASSERT_FALSE(empty);
  EXPECT_EQ(empty.error().what, "nothing was measured");
  EXPECT_NE(empty.error().where.find("rows[0]"), std::string::npos) << empty.error().where;
  EXPECT_TRUE(read(std::string(kHead) + R"("rows": [)" + kRow + R"({}, "left_out": "why"}])"));
  EXPECT_FALSE(read(std::string(kHead) + R"("rows": [)" + kRow + R"({"tflops": 3}}])"));
}

TEST(Replay, ComparesEveryQuantityAndNamesWhatIsRefused) {
  auto source = read(std::string(kHead) + R"("rows": [)" + kRow +
                     R"({"step_milliseconds": 1000, "peak_allocated_gib": 1}}, )" + kRow +
                     R"({"out_of_memory": true}}, )" +
                     R"({"sequence_length": 8192, "global_batch_size": 8, "layout": "tp=3",
                         "measured": {"tflops_per_gpu": 1}}])");
  ASSERT_TRUE(source) << source.error().what << " " << source.error().where;
  const auto replayed = replay(*source, ".");
  ASSERT_TRUE(replayed);
  ASSERT_EQ(replayed->rows.size(), 3U);
  ASSERT_EQ(replayed->rows[0].comparisons.size(), 2U);
  EXPECT_EQ(replayed->rows[0].comparisons[0].measured, 1000);
  // Parameters alone: 8.03e9 / 2 x (2 + 4) B = 22.4 GiB, more than 20 times the 1 GiB.
  EXPECT_GT(replayed->rows[0].comparisons[1].error(), 20);
  EXPECT_EQ(replayed->out_of_memory(), std::pair(std::size_t{1}, std::size_t{0}));
  EXPECT_NE(replayed->rows[2].refused, "");
  EXPECT_EQ(replayed->errors(ReplayQuantity::kStepTime).count, 1U);
}

// Llama-3-8B at 8,192 tokens: the full square doubles attention's FLOPs, 3 x 2 s (s + 1) a d L =
// 3 x 2 x 8,192 x 8,193 x 4,096 x 32 = 5.28e13 of 6 x 7,504,658,432 x 8,192 + 5.28e13 = 4.217e14.
TEST(Replay, CountsTheFullSquareAndWhatIsReserved) {
  auto source = read(std::string(kHead) + R"("rows": [)" + kRow +
                     R"({"tflops_per_gpu": 100, "full_square_tflops_per_gpu": 100,
                         "peak_allocated_gib": 50, "peak_reserved_gib": 50}}])");
  ASSERT_TRUE(source) << source.error().what << " " << source.error().where;
  const auto replayed = replay(*source, ".");
  ASSERT_TRUE(replayed);
  const std::vector<ReplayComparison>& found = replayed->rows.front().comparisons;
  ASSERT_EQ(found.size(), 4U);
  EXPECT_EQ(found[1].quantity, ReplayQuantity::kFullSquareTflops);
  EXPECT_NEAR(found[1].predicted / found[0].predicted, 1 + 5.278e13 / 4.217e14, 1e-3);
  EXPECT_EQ(found[3].quantity, ReplayQuantity::kReservedMemory);
  // PyTorch reserves what is allocated and what it keeps free.
  EXPECT_GE(found[3].predicted, found[2].predicted);
  EXPECT_LT(found[3].predicted, 1.5 * found[2].predicted);
}

// Llama-3-8B at 8,192 tokens x 8 on 8 GPUs: 4.217e14 FLOPs a GPU and step (below), so 400 ms are
// 1,054 TFLOP/s: 107 % of the 989.4 of an H100, and 430 ms are 981, 99 %.
TEST(Replay, WarnsOfFiguresThatNoGpuReaches) {
  auto source = read(std::string(kHead) + R"("rows": [)" + "\n" + kRow +
                     R"({"step_milliseconds": 400, "peak_allocated_gib": 50}}, )" + "\n" + kRow +
                     R"({"step_milliseconds": 430, "tflops_per_gpu": 1100}}, )" + "\n" + kRow +
                     R"({"tokens_per_gpu_per_second": 19051}}, )" + "\n" + kRow +
                     R"({"tokens_per_gpu_per_second": 20480}}])");
  ASSERT_TRUE(source) << source.error().what << " " << source.error().where;
  const auto replayed = replay(*source, ".");
  ASSERT_TRUE(replayed);
  const auto& rows = replayed->rows;
  ASSERT_EQ(rows[0].impossible.size(), 1U);
  EXPECT_NE(rows[0].impossible[0].find(".json:2:1 (rows[0]): step time 400 ms implies 1054 model"),
            std::string::npos)
      << rows[0].impossible[0];
  EXPECT_NE(rows[0].impossible[0].find("107 % of the 989"), std::string::npos);
  EXPECT_EQ(rows[0].comparisons[1].implied_mfu, std::nullopt) << "memory implies none";
  ASSERT_EQ(rows[1].impossible.size(), 1U) << "430 ms are possible";
  EXPECT_NE(rows[1].impossible[0].find("rows[1]): model FLOPs 1100"), std::string::npos);
  EXPECT_TRUE(rows[2].impossible.empty()) << "8,192 / 0.43 s = 19,051";
  EXPECT_EQ(rows[3].impossible.size(), 1U) << "8,192 / 0.4 s";
}

// Every shipped case can be read and replayed, and every published file has one.
TEST(Replay, OfEveryPublishedSet) {
  std::size_t count = 0;
  for (const auto& file : std::filesystem::directory_iterator("tests/published/cases")) {
    const auto source = read_replay_case(file.path().string(), ".");
    ASSERT_TRUE(source) << file.path();
    const auto replayed = replay(*source, ".");
    ASSERT_TRUE(replayed) << file.path();
    for (const ReplayedRow& row : replayed->rows) {
      EXPECT_EQ(row.refused, "") << file.path() << row.row.layout;
      EXPECT_TRUE(row.impossible.empty()) << row.impossible.front();
    }
    ++count;
  }
  EXPECT_EQ(count, 26U);
}

}  // namespace
}  // namespace seqspan::profiles
