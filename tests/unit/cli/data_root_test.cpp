#include "cli/data_root.hpp"

#include <gtest/gtest.h>

namespace seqspan::cli {
namespace {

namespace fs = std::filesystem;

class DataRoot : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "seqspan-test-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path make_root(const std::string& name) {
    fs::create_directories(folder_ / name / "configs" / "models");
    fs::create_directories(folder_ / name / "profiles" / "devices");
    return folder_ / name;
  }

  fs::path folder_;
};

TEST_F(DataRoot, TheNamedOneCountsAndMustBeOne) {
  const fs::path named = make_root("named");
  const fs::path around = make_root("around");
  EXPECT_EQ(find_data_root(named.string(), around / "bin" / "seqspan", around), named);
  const auto wrong =
      find_data_root((folder_ / "none").string(), around / "bin" / "seqspan", around);
  ASSERT_FALSE(wrong.has_value());
  EXPECT_EQ(wrong.error().category, sim::ErrorCategory::kEnvironment);
}

TEST_F(DataRoot, ThenTheFoldersAboveTheProgramThenTheSources) {
  const fs::path around = make_root("around");
  const fs::path sources = make_root("sources");
  EXPECT_EQ(find_data_root("", around / "build" / "bin" / "seqspan", sources), around);
  EXPECT_EQ(find_data_root("", folder_ / "bin" / "seqspan", sources), sources);
  EXPECT_FALSE(find_data_root("", folder_ / "bin" / "seqspan", folder_ / "none").has_value());
}

}  // namespace
}  // namespace seqspan::cli
