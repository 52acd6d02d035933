// Whole files of the published format: what is read, left out and refused.
#include "profiles/replay/published/translate.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "profiles/replay/replay.hpp"
#include "sim/errors/format_error.hpp"

namespace seqspan::profiles {
namespace {

sim::Result<ReplayCase> read_published(const std::string& text) {
  const std::string file =
      testing::TempDir() + testing::UnitTest::GetInstance()->current_test_info()->name() + ".json";
  std::ofstream(file) << text;
  return read_replay_case(file, ".");
}

std::string file_with(const std::string& rows, const std::string& more = "",
                      const std::string& setup = "") {
  return R"({"source": "s", "model": "Llama-3-8B", "hardware": {"gpu": "H100", "gpus_per_node": 8},
             "setup": {"framework": "Megatron-LM", "recompute": "none")" +
         setup + "}, " + more + R"("rows": [)" + rows + "]}";
}

std::string row_with(const std::string& layout, const std::string& measured,
                     const std::string& more = "") {
  return R"({"sequence_length": 65536, "global_batch_size": 2, "gpus": 8, )" + more +
         R"("layout": {)" + layout + R"(}, "measured": {)" + measured + "}}";
}

std::string refusal(const std::string& text) {
  const auto found = read_published(text);
  if (found) return "accepted";
  return sim::format_error(found.error());
}

bool has(const std::vector<std::string>& texts, const std::string& text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

TEST(PublishedFile, ARowOfAStep) {
  const auto found = read_published(file_with(row_with(R"("tp": 2, "cp": 4)", R"("tflops": 400)")));
  ASSERT_TRUE(found) << found.error().what << found.error().where;
  ASSERT_EQ(found->rows.size(), 1U);
  const ReplayRow& row = found->rows.front();
  EXPECT_EQ(row.layout, "tp=2,ring=4,dp=1,micro_batch=1");
  EXPECT_EQ(row.group, "64K tokens, batch 2");
  EXPECT_EQ(row.measured.tflops_per_gpu, 400);
  EXPECT_TRUE(has(row.settings, "layout.recompute=none"));
  EXPECT_EQ(found->model, "Llama-3-8B");
  EXPECT_EQ(found->cluster, "h100-1x8");
  EXPECT_TRUE(found->translated);
  const auto replayed = replay(*found, ".");
  ASSERT_TRUE(replayed);
  EXPECT_EQ(replayed->rows.front().comparisons.size(), 1U);
}

// 8 ranks hold ep=8, but not etp=2 times that.
TEST(PublishedFile, ExpertsThatLeaveNoRoomForTp) {
  const std::string qwen = R"("model": "Qwen3-30B-A3B", "gpus": 8, )";
  const std::string row = R"({"sequence_length": 4096, "global_batch_size": 8, )" + qwen;
  const std::string rest = R"(, "measured": {"step_ms": 9}})";
  const auto found = read_published(file_with(row + R"("layout": {"tp": 2, "ep": 8})" + rest + "," +
                                              row + R"("layout": {"tp": 2, "ep": 4})" + rest));
  ASSERT_TRUE(found) << found.error().what << found.error().where;
  EXPECT_EQ(found->rows[0].layout, "tp=2,dp=4,ep=8,etp=1,micro_batch=1");
  EXPECT_EQ(found->rows[1].layout, "tp=2,dp=4,ep=4,micro_batch=1");
}

// What stands in a row counts before the setup, and that before the file.
TEST(PublishedFile, TheNearestCounts) {
  const auto found = read_published(
      file_with(row_with(R"("tp": 8)", R"("step_ms": 9)", R"("recompute": "full", )") + "," +
                    row_with(R"("tp": 8, "recompute": "selective")", R"("step_ms": 9)",
                             R"("model": "Llama-2-7B", "gpu": "B200", )"),
                R"("gpus": 16, )"));
  ASSERT_TRUE(found) << found.error().what << found.error().where;
  EXPECT_EQ(found->rows[0].layout, "tp=8,dp=1,recompute=full,micro_batch=1");
  EXPECT_EQ(found->rows[1].layout, "tp=8,dp=1,recompute=selective,micro_batch=1");
  EXPECT_TRUE(has(found->rows[1].settings, "model=Llama-2-7B"));
  EXPECT_TRUE(has(found->rows[1].settings, "cluster=b200-1x8"));
}

TEST(PublishedFile, ARowThatCannotBeTranslatedStays) {
  const std::string good = row_with(R"("tp": 8)", R"("step_ms": 9)");
  const auto found = read_published(
      file_with(good + "," + row_with(R"("tp": 3)", R"("step_ms": 9)") + "," +
                row_with(R"("tp": 8)", R"("step_ms": 9)", R"("gpu": "H100 PCIe", )") + "," +
                row_with(R"("tp": 8)", R"("step_ms": 9)", R"("model": "PaLM", )") + "," +
                row_with(R"("tp": 8)", R"("hfu": 0.5)") + "," +
                row_with(R"("tp": 8)", R"("step_ms": 9)", R"("left_out": "a typing error", )")));
  ASSERT_TRUE(found) << found.error().what << found.error().where;
  ASSERT_EQ(found->rows.size(), 6U);
  EXPECT_EQ(found->rows[0].left_out, "");
  EXPECT_EQ(found->rows[1].left_out, "tp x pp x cp is 3, of which 8 GPUs are no multiple");
  EXPECT_NE(found->rows[2].left_out.find("'H100 PCIe'"), std::string::npos);
  EXPECT_NE(found->rows[3].left_out.find("'PaLM'"), std::string::npos);
  EXPECT_EQ(found->rows[4].left_out, "nothing was measured that can be compared");
  EXPECT_EQ(found->rows[5].left_out, "a typing error");
}

// A row that is read and is no job: 2^25 sequences are more than a job has.
TEST(PublishedFile, ARowThatIsNoJobIsLeftOutWhenItIsReplayed) {
  const auto found = read_published(
      file_with(row_with(R"("tp": 8)", R"("step_ms": 9)") + "," +
                R"({"sequence_length": 4096, "micro_batches": 8388608, "micro_batch_size": 4,
                    "gpus": 8, "layout": {"tp": 8}, "measured": {"step_ms": 9}})"));
  ASSERT_TRUE(found) << found.error().what << found.error().where;
  const auto replayed = replay(*found, ".");
  ASSERT_TRUE(replayed);
  EXPECT_EQ(replayed->rows[0].row.left_out, "");
  EXPECT_NE(replayed->rows[1].row.left_out, "");
}

TEST(PublishedFile, WhatDidNotFit) {
  const auto found = read_published(
      file_with(row_with(R"("tp": 8)", R"("step_ms": 9)") + "," +
                    row_with(R"("tp": 4, "cp": 2)", R"("step_ms": "OOM")") + "," +
                    row_with(R"("tp": 2, "cp": 4)", R"("out_of_memory": true)"),
                R"("facts": ["64K is the longest; tp=1 and tp=2 run out of memory at 128K",
                             "the largest ran out of memory"], )"));
  ASSERT_TRUE(found) << found.error().what << found.error().where;
  // 8 KV heads: tp=1 leaves cp=8 as 8 x 1, 4 x 2, 2 x 4, 1 x 8; tp=2 cp=4 as 4 x 1, 2 x 2, 1 x 4.
  ASSERT_EQ(found->rows.size(), 3U + 4U + 3U + 1U);
  EXPECT_TRUE(found->rows[1].measured.out_of_memory);
  EXPECT_TRUE(found->rows[2].measured.out_of_memory);
  EXPECT_EQ(found->rows[3].layout, "tp=1,ulysses=8,ring=1,dp=1,micro_batch=1");
  EXPECT_EQ(found->rows[3].sequence_length, 131072);
  EXPECT_EQ(found->rows[9].layout, "tp=2,ulysses=1,ring=4,dp=1,micro_batch=1");
  EXPECT_NE(found->rows[10].left_out.find("it names no tp"), std::string::npos);
}

// The whole batch in flight: 16 sequences of 30K tokens keep 16 x 30,720 x 4,096 x 34 B x 32 layers
// / 8 = 255 GiB of a GPU of 80 GB, so the row, which ran, was not run so; one sequence of 4K was.
TEST(PublishedFile, MicroBatchesThatCannotHaveRun) {
  const std::string setup =
      R"(, "gradient_accumulation": "none: every sample is in flight at once")";
  const auto row = [](const char* tokens) {
    return std::string(R"({"sequence_length": )") + tokens +
           R"(, "global_batch_size": 16, "gpus": 8, "model": "Llama-2-7B", "layout": {"tp": 8},
              "measured": {"step_ms": 9000}})";
  };
  const auto found = read_published(file_with(row("30720") + "," + row("1024"), "", setup));
  ASSERT_TRUE(found) << found.error().what << found.error().where;
  EXPECT_EQ(found->rows[0].layout, "tp=8,dp=1,micro_batch=16");
  EXPECT_EQ(found->rows[0].smaller_layout, "tp=8,dp=1,micro_batch=1");
  const auto replayed = replay(*found, ".");
  ASSERT_TRUE(replayed);
  EXPECT_EQ(replayed->rows[0].row.layout, "tp=8,dp=1,micro_batch=1");
  EXPECT_EQ(replayed->rows[1].row.layout, "tp=8,dp=1,micro_batch=16");
}

TEST(PublishedFile, DistributedAttentionByMethod) {
  const std::string head = R"({"source": "s", "hardware": {"gpu": "B200", "gpus_per_node": 8},
      "setup": {"batch": 1, "q_heads": 64, "kv_heads": 8, "head_dim": 128,
                "tokens_per_gpu": {"H100": 8192, "B200": 16384}, "gpus": [8, 16]}, "rows": [)";
  const auto found = read_published(
      head + R"({"mask": "causal", "pass": "fwd", "tflops": {"usp": [900, 910], "magi": [1, 2]}},
                {"mask": "causal", "pass": "bwd", "tflops": {"usp": [800, null]}},
                {"mask": "varlen", "pass": "fwd", "tflops": {"usp": [1, 2]}},
                {"mask": "full", "pass": "fwd", "tflops": {"usp": [1, 2, 3]}},
                {"mask": "full", "pass": "both", "tflops": {"usp": [1, 2]}},
                {"mask": "full", "pass": "bwd", "iterations_per_second": {"usp": [1, 2]}},
                {"mask": "full", "pass": "fwd", "tflops": {"usp": [null, null]}},
                {"mask": "full", "layout": {"cp": 8}}]})");
  ASSERT_TRUE(found) << found.error().what << found.error().where;
  ASSERT_EQ(found->rows.size(), 9U);
  const ReplayRow& one_node = found->rows[0];
  EXPECT_EQ(one_node.layout, "ulysses=8,dp=1,micro_batch=1");
  EXPECT_EQ(one_node.sequence_length, 16384 * 8);
  EXPECT_EQ(one_node.measured.attention_forward_tflops, 900);
  EXPECT_EQ(one_node.measured.attention_backward_tflops, 800);
  EXPECT_TRUE(has(one_node.settings, "training.mask=causal"));
  EXPECT_TRUE(has(one_node.settings, "framework=yunchang"));
  EXPECT_EQ(found->rows[1].left_out, "method 'magi' is not modelled");
  EXPECT_EQ(found->rows[2].layout, "ulysses=8,ring=2,dp=1,micro_batch=1");
  EXPECT_EQ(found->rows[2].measured.attention_backward_tflops, std::nullopt);
  EXPECT_EQ(found->rows[3].left_out, "mask 'varlen' is not modelled: full and causal are");
  EXPECT_EQ(found->rows[4].left_out, "there are more figures of it than numbers of GPUs");
  EXPECT_EQ(found->rows[5].left_out, "pass 'both' has no such figure");
  EXPECT_EQ(found->rows[6].left_out, "pass 'bwd' has no such figure");
  EXPECT_EQ(found->rows[7].left_out, "nothing was measured");
  EXPECT_EQ(found->rows[8].left_out, "it has no figures by method");
}

// Two measurements of one job are two rows: none takes the place of the other.
TEST(PublishedFile, ASecondFigureIsARowOfItsOwn) {
  const std::string row = R"({"pass": "fwd", "iterations_per_second": {"ring": 24.0}})";
  const auto found = read_published(
      R"({"source": "ring-flash-attention", "hardware": {"gpu": "A100"},
          "setup": {"gpus": 8, "batch": 1, "tokens_per_gpu": 8192, "q_heads": 32, "kv_heads": 8,
                    "head_dim": 128, "causal": true}, "rows": [)" +
      row + "," + row + "]}");
  ASSERT_TRUE(found) << found.error().what << found.error().where;
  ASSERT_EQ(found->rows.size(), 2U);
  EXPECT_EQ(found->rows[0].measured.forward_iterations_per_second, 24.0);
  EXPECT_EQ(found->rows[1].measured.forward_iterations_per_second, 24.0);
}

TEST(PublishedFile, RefusesKeysThatItDoesNotKnow) {
  const std::string good = row_with(R"("tp": 8)", R"("step_ms": 9)");
  EXPECT_NE(
      refusal(file_with(row_with(R"("tpp": 8)", R"("step_ms": 9)"))).find("(rows[0].layout.tpp)"),
      std::string::npos);
  EXPECT_NE(
      refusal(file_with(row_with(R"("tp": 8)", R"("stepms": 9)"))).find("did you mean 'step_ms'?"),
      std::string::npos);
  EXPECT_NE(refusal(file_with(row_with(R"("tp": 8)", R"("step_ms": 9)", R"("gpuz": 8, )")))
                .find("unknown key 'gpuz'"),
            std::string::npos);
  EXPECT_NE(refusal(file_with(good, "", R"(, "recompte": "full")")).find("'recompute'"),
            std::string::npos);
  EXPECT_NE(refusal(file_with(good, "", R"(, "nics": 8)")).find("unknown key 'nics'"),
            std::string::npos);
  EXPECT_NE(
      refusal(file_with(row_with(R"("tp": 8, "tp": 8)", R"("step_ms": 9)"))).find("appears twice"),
      std::string::npos);
}

TEST(PublishedFile, ATextThatIsNotReadIsTold) {
  const auto found = read_published(
      file_with(row_with(R"("tp": 8)", R"("step_ms": 9)"), R"("notes": "n", "award": "best", )"));
  ASSERT_TRUE(found) << found.error().what << found.error().where;
  EXPECT_TRUE(has(found->assumptions, "'award' is not read: 'best'"));
  EXPECT_FALSE(has(found->assumptions, "'notes' is not read: 'n'"));
}

TEST(PublishedFile, RefusesValuesOutOfRange) {
  for (const char* layout : {R"("tp": 0)", R"("tp": -1)", R"("tp": 2.5)", R"("tp": "two")",
                             R"("tp": 99999999999)", R"("tp": [1])"}) {
    EXPECT_NE(refusal(file_with(row_with(layout, R"("step_ms": 9)"))).find("rows[0].layout.tp"),
              std::string::npos)
        << layout;
  }
  for (const char* figure : {R"("step_ms": 0)", R"("step_ms": -1)", R"("step_ms": 1e300)",
                             R"("step_ms": "fast")", R"("step_ms": true)"}) {
    EXPECT_NE(refusal(file_with(row_with(R"("tp": 8)", figure))).find("rows[0].measured.step_ms"),
              std::string::npos)
        << figure;
  }
}

TEST(PublishedFile, AFileOfWhichNothingCanBeCompared) {
  const std::string message =
      refusal(file_with(row_with(R"("tp": 8)", R"("step_ms": 9)", R"("gpu": "V100", )")));
  EXPECT_NE(message.find("no row can be compared"), std::string::npos) << message;
  EXPECT_NE(message.find("(rows[0])"), std::string::npos) << message;
  EXPECT_NE(message.find("GPU 'V100' is not shipped"), std::string::npos) << message;
  EXPECT_NE(refusal(file_with("")).find("the file has no rows"), std::string::npos);
}

}  // namespace
}  // namespace seqspan::profiles
