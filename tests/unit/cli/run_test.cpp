// Whole commands on shipped jobs: exit codes, and what goes where.
#include "cli/run.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/cli/captured_output.hpp"

namespace seqspan::cli {
namespace {

constexpr const char* kJob = "configs/jobs/llama3-8b-128k.json";

struct Ran {
  int code;
  std::string answers;
  std::string messages;
};

Ran run_line(const std::vector<std::string>& arguments) {
  CapturedOutput captured;
  const int code = run(arguments, captured.output);
  return {code, captured.answers(), captured.messages()};
}

TEST(Run, ALayoutThatFits) {
  const Ran ran = run_line({"simulate", kJob, "--layout", "ulysses=8,recompute=full"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_NE(ran.answers.find("fits"), std::string::npos);
}

TEST(Run, ALayoutThatDoesNot) {
  EXPECT_EQ(run_line({"simulate", kJob, "--layout", "dp=8"}).code, 1);
}

TEST(Run, ALayoutThatIsRefusedNamesItsCode) {
  const Ran ran = run_line({"simulate", kJob, "--layout", "ulysses=16"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_NE(ran.messages.find("seqspan explain world_size"), std::string::npos);
  EXPECT_EQ(ran.answers, "");
}

TEST(Run, NoPlanFits) {
  EXPECT_EQ(run_line({"plan", kJob, "--set", "cluster.device.memory=2GiB"}).code, 1);
}

TEST(Run, JsonIsOneObjectAndNothingElse) {
  for (const std::vector<std::string>& line :
       {std::vector<std::string>{"plan", kJob, "--json"},
        std::vector<std::string>{"plan", kJob, "-o", "-"},
        std::vector<std::string>{"simulate", kJob, "--layout", "ulysses=8", "--json"},
        std::vector<std::string>{"explain", "--json"},
        std::vector<std::string>{"explain", "does_not_fit", "--json"},
        std::vector<std::string>{"explain", "config.training", "--json"},
        std::vector<std::string>{"schema", "--json"},
        std::vector<std::string>{"version", "--json"}}) {
    const Ran ran = run_line(line);
    const auto object = nlohmann::json::parse(ran.answers);
    EXPECT_EQ(object["format_version"], "1.0");
    EXPECT_EQ(ran.messages, "");
  }
}

TEST(Run, ThePlannedLayoutSimulatesToTheSameNumbers) {
  const auto plan = nlohmann::json::parse(run_line({"plan", kJob, "--json"}).answers);
  std::string layout;
  for (const auto& [key, value] : plan["best"][0]["layout"].items()) {
    if (key == "cp") continue;
    layout += (layout.empty() ? "" : ",") + key + "=" +
              (value.is_string() ? value.get<std::string>() : value.dump());
  }
  auto simulated =
      nlohmann::json::parse(run_line({"simulate", kJob, "--layout", layout, "--json"}).answers);
  // What PyTorch reserves is a walk of every layer that plans do not wait for (docs/cli.md).
  EXPECT_TRUE(simulated["memory"]["pytorch"].is_object());
  simulated["memory"]["pytorch"] = nullptr;
  for (const char* key : {"layout", "memory", "time", "traffic"}) {
    EXPECT_EQ(simulated[key], plan["best"][0][key]) << key;
  }
}

TEST(Run, ExplainsEveryListedCode) {
  const auto listed = nlohmann::json::parse(run_line({"explain", "--json"}).answers);
  for (const auto& code : listed["codes"]) {
    EXPECT_EQ(run_line({"explain", code.get<std::string>()}).code, 0) << code;
  }
}

TEST(Run, PrintsEveryListedSchema) {
  const auto listed = nlohmann::json::parse(run_line({"schema", "--json"}).answers);
  for (const auto& name : listed["formats"]) {
    const Ran ran = run_line({"schema", name.get<std::string>()});
    EXPECT_EQ(ran.code, 0);
    EXPECT_TRUE(nlohmann::json::accept(ran.answers));
  }
}

}  // namespace
}  // namespace seqspan::cli
