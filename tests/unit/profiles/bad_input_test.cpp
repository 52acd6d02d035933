// Every file of tests/golden/bad_input is refused with the message beside it.
//
// KIND-NAME.json is read as a model, cluster, device, fabric, job or layout; set-NAME.txt holds
// what `--set` gets on top of a good job, layout-NAME.txt what `--layout` gets.
// UPDATE_GOLDEN=1 rewrites the messages.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "profiles/read_job.hpp"
#include "profiles/read_profile.hpp"
#include "sim/errors/format_error.hpp"
#include "sim/spec/layout_text.hpp"

namespace seqspan::profiles {
namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

template <class T>
std::string message(const sim::Result<T>& result) {
  return result ? "accepted" : sim::format_error(result.error());
}

std::string refuse(const fs::path& path) {
  const std::string name = path.filename().string();
  const std::string kind = name.substr(0, name.find('-'));
  const std::string file = path.string();
  if (kind == "model") return message(read_model(file, "."));
  if (kind == "cluster") return message(read_cluster(file, "."));
  if (kind == "device") return message(read_device(file, "."));
  if (kind == "fabric") return message(read_fabric(file, "."));
  if (kind == "job") return message(read_job(file, "."));
  if (path.extension() == ".json") return message(sim::read_layout(file));
  std::string text = read_file(path);
  if (!text.empty() && text.back() == '\n') text.pop_back();
  if (kind == "layout") return message(sim::parse_layout(text));
  return message(read_job("configs/jobs/llama3-8b-128k.json", ".", {text}));
}

TEST(BadInput, IsRefusedWithTheMessageBesideIt) {
  std::vector<fs::path> cases;
  for (const auto& entry : fs::directory_iterator("tests/golden/bad_input")) {
    if (entry.path().extension() != ".expected") cases.push_back(entry.path());
  }
  std::sort(cases.begin(), cases.end());
  EXPECT_GE(cases.size(), 60U);
  const bool update = std::getenv("UPDATE_GOLDEN") != nullptr;
  for (const fs::path& path : cases) {
    const std::string actual = refuse(path) + "\n";
    EXPECT_NE(actual, "accepted\n") << path;
    fs::path expected = path;
    expected.replace_extension(".expected");
    if (update) std::ofstream(expected, std::ios::binary) << actual;
    EXPECT_EQ(actual, read_file(expected)) << path;
  }
}

}  // namespace
}  // namespace seqspan::profiles
