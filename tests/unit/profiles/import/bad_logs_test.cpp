// Every log of tests/golden/bad_logs is refused or flagged with the messages beside it.
// UPDATE_GOLDEN=1 rewrites the messages.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "profiles/import/read_log.hpp"
#include "sim/errors/format_error.hpp"

namespace seqspan::profiles {
namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// The error, or the warnings.
std::string messages(const fs::path& path) {
  const auto log = read_log_file(path, path.string());
  if (!log) return sim::format_error(log.error()) + "\n";
  std::string text;
  for (const sim::Warning& warning : log->warnings) {
    text += "warning: " + warning.path + ": " + warning.message + "\n";
  }
  return text;
}

TEST(BadLogs, AreRefusedOrFlaggedWithTheMessagesBesideThem) {
  std::vector<fs::path> cases;
  for (const auto& entry : fs::directory_iterator("tests/golden/bad_logs")) {
    if (entry.path().extension() != ".expected") cases.push_back(entry.path());
  }
  std::sort(cases.begin(), cases.end());
  EXPECT_GE(cases.size(), 50U);
  const bool update = std::getenv("UPDATE_GOLDEN") != nullptr;
  for (const fs::path& path : cases) {
    const std::string actual = messages(path);
    EXPECT_NE(actual, "") << path;
    fs::path expected = path;
    expected.replace_extension(".expected");
    if (update) std::ofstream(expected, std::ios::binary) << actual;
    EXPECT_EQ(actual, read_file(expected)) << path;
  }
}

}  // namespace
}  // namespace seqspan::profiles
