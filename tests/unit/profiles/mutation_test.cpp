// Damaged files are refused or read, and nothing else happens: each shipped file is cut at every
// 37th byte, and each of these bytes is changed in three ways.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "profiles/read_job.hpp"
#include "profiles/read_profile.hpp"
#include "profiles/replay/replay_case.hpp"

namespace seqspan::profiles {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kStride = 37;

std::vector<fs::path> files_under(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

template <class T>
void expect_error_or_value(const sim::Result<T>& result, const std::string& what, bool cut) {
  if (!result) {
    EXPECT_FALSE(result.error().what.empty()) << what;
    EXPECT_FALSE(result.error().where.empty()) << what;
    EXPECT_EQ(result.error().category, sim::ErrorCategory::kInput) << what;
  }
  EXPECT_FALSE(cut && result) << what << " was accepted";
}

// `read` reads a file of the folder's kind.
template <class Read>
void damage_all(const fs::path& folder, Read read) {
  const fs::path scratch = fs::path(::testing::TempDir()) / "seqspan_mutation.json";
  const auto check = [&](const std::string& text, const std::string& what, bool cut) {
    std::ofstream(scratch, std::ios::binary) << text;
    expect_error_or_value(read(scratch.string(), "."), what, cut);
  };
  for (const fs::path& path : files_under(folder)) {
    std::ifstream stream(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    const std::size_t last = text.find_last_of('}');
    for (std::size_t at = 0; at <= last; at += kStride) {
      const std::string what = path.string() + " at byte " + std::to_string(at);
      check(text.substr(0, at), what, true);
      for (const unsigned mask : {0x01U, 0x20U, 0x80U}) {
        std::string changed = text;
        changed[at] = static_cast<char>(static_cast<unsigned char>(changed[at]) ^ mask);
        check(changed, what, false);
      }
    }
  }
  fs::remove(scratch);
}

TEST(Mutation, NothingButErrorsComesBack) {
  damage_all("configs/models", read_model);
  damage_all("configs/clusters", read_cluster);
  damage_all("profiles/devices", read_device);
  damage_all("profiles/fabrics", read_fabric);
  damage_all("tests/published/sets", [](const std::string& path, const fs::path& data_root) {
    return read_replay_case(path, data_root);
  });
  damage_all("configs/jobs", [](const std::string& path, const fs::path& data_root) {
    return read_job(path, data_root);
  });
}

}  // namespace
}  // namespace seqspan::profiles
