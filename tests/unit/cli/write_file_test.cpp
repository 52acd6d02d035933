#include "cli/write_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace seqspan::cli {
namespace {

namespace fs = std::filesystem;

class WriteFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "seqspan-test-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  [[nodiscard]] std::string path(const std::string& name) const {
    return (folder_ / name).string();
  }
  static std::string content(const std::string& path) {
    std::ifstream stream(path);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  [[nodiscard]] std::ptrdiff_t files() const {
    return std::distance(fs::directory_iterator(folder_), {});
  }

  fs::path folder_;
};

TEST_F(WriteFile, WritesAndReplacesAndLeavesNothingBehind) {
  ASSERT_TRUE(write_file(path("a"), "one").has_value());
  ASSERT_TRUE(write_file(path("a"), "two").has_value());
  EXPECT_EQ(content(path("a")), "two");
  EXPECT_EQ(files(), 1);
}

TEST_F(WriteFile, KeepsThePermissionsOfWhatItReplaces) {
  ASSERT_TRUE(write_file(path("a"), "one").has_value());
  fs::permissions(path("a"), fs::perms{0640});
  ASSERT_TRUE(write_file(path("a"), "two").has_value());
  EXPECT_EQ(fs::status(path("a")).permissions(), fs::perms{0640});
}

TEST_F(WriteFile, ANewFileHasTheUsualPermissions) {
  const mode_t mask = umask(022);
  ASSERT_TRUE(write_file(path("a"), "one").has_value());
  umask(mask);
  EXPECT_EQ(fs::status(path("a")).permissions(), fs::perms{0644});
}

TEST_F(WriteFile, FollowsALink) {
  ASSERT_TRUE(write_file(path("a"), "one").has_value());
  fs::create_symlink("a", path("link"));
  ASSERT_TRUE(write_file(path("link"), "two").has_value());
  EXPECT_TRUE(fs::is_symlink(path("link")));
  EXPECT_EQ(content(path("a")), "two");
}

TEST_F(WriteFile, WritesToADeviceAsItIs) {
  ASSERT_TRUE(write_file("/dev/null", "one").has_value());
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST_F(WriteFile, SaysWhatFailed) {
  for (const std::string& name : {path("none/a"), folder_.string()}) {
    const auto written = write_file(name, "one");
    ASSERT_FALSE(written.has_value());
    EXPECT_EQ(written.error().category, sim::ErrorCategory::kEnvironment);
    EXPECT_EQ(written.error().where, name);
  }
  EXPECT_EQ(files(), 0);
}

}  // namespace
}  // namespace seqspan::cli
