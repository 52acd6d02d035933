// Files of the published format against our own transcriptions of them, tests/published/cases: the
// same predictions, row by row. tests/published/sets are copies, byte by byte, of what lies beside
// the checkout in ../shared/published; single operators (ops-*.json) are no steps.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "profiles/replay/replay.hpp"

namespace seqspan::profiles {
namespace {

namespace fs = std::filesystem;

std::string bytes_of(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::vector<std::string> set_names() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator("tests/published/sets")) {
    if (entry.path().extension() != ".json") continue;
    names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

Replay replayed(const std::string& file) {
  const auto source = read_replay_case(file, ".");
  if (!source) {
    ADD_FAILURE() << source.error().what << " at " << source.error().where;
    return {};
  }
  auto result = replay(*source, ".");
  if (!result) {
    ADD_FAILURE() << result.error().what << " at " << result.error().where;
    return {};
  }
  return *std::move(result);
}

TEST(PublishedSets, AreThoseBesideTheCheckout) {
  const fs::path beside = "../shared/published";
  std::error_code error;
  if (!fs::is_directory(beside, error)) {
    fmt::print("{} is not there: tests/published/sets cannot be compared with it\n",
               beside.string());
    return;
  }
  std::vector<std::string> found;
  for (const auto& entry : fs::directory_iterator(beside)) {
    const std::string name = entry.path().stem().string();
    if (entry.path().extension() != ".json" || name.starts_with("ops-")) continue;
    found.push_back(name);
    EXPECT_EQ(bytes_of(entry.path()), bytes_of("tests/published/sets/" + name + ".json")) << name;
  }
  std::sort(found.begin(), found.end());
  EXPECT_EQ(found, set_names());
}

// None of the nine transcriptions leaves a row out or differs on purpose. Where they know more than
// the file, published/software_rules.cpp has it with its reason.
TEST(PublishedSets, PredictWhatTheirTranscriptionsPredict) {
  ASSERT_EQ(set_names().size(), 9U);
  for (const std::string& name : set_names()) {
    SCOPED_TRACE(name);
    const Replay ours = replayed("tests/published/cases/" + name + ".json");
    const Replay theirs = replayed("tests/published/sets/" + name + ".json");
    ASSERT_EQ(theirs.rows.size(), ours.rows.size());
    for (std::size_t i = 0; i < ours.rows.size(); ++i) {
      const ReplayedRow& a = ours.rows[i];
      const ReplayedRow& b = theirs.rows[i];
      SCOPED_TRACE(a.row.layout + " and " + b.row.layout);
      EXPECT_EQ(b.row.left_out, "");
      EXPECT_EQ(b.refused, "");
      EXPECT_TRUE(b.impossible.empty());
      EXPECT_EQ(b.row.sequence_length, a.row.sequence_length);
      EXPECT_EQ(b.row.global_batch_size, a.row.global_batch_size);
      EXPECT_EQ(b.row.measured.out_of_memory, a.row.measured.out_of_memory);
      EXPECT_EQ(b.fits, a.fits);
      ASSERT_EQ(b.comparisons.size(), a.comparisons.size());
      for (std::size_t j = 0; j < a.comparisons.size(); ++j) {
        EXPECT_EQ(b.comparisons[j].quantity, a.comparisons[j].quantity);
        EXPECT_EQ(b.comparisons[j].measured, a.comparisons[j].measured);
        EXPECT_EQ(b.comparisons[j].predicted, a.comparisons[j].predicted);
      }
    }
  }
}

// Groups of a single row have neither; those of more have the same in both.
TEST(PublishedSets, OrderLayoutsAsTheirTranscriptionsDo) {
  for (const std::string& name : set_names()) {
    SCOPED_TRACE(name);
    using Order = std::pair<std::optional<double>, double>;
    const auto orders_of = [](const Replay& replay) {
      std::vector<Order> orders;
      for (const ReplayedGroup& group : replay.groups) {
        if (group.regret) orders.emplace_back(group.tau, *group.regret);
      }
      return orders;
    };
    EXPECT_EQ(orders_of(replayed("tests/published/sets/" + name + ".json")),
              orders_of(replayed("tests/published/cases/" + name + ".json")));
  }
}

}  // namespace
}  // namespace seqspan::profiles
