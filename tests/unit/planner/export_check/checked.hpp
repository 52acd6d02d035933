// Readers of exported text that know a framework's documented rules, written without the
// exporters: each takes the text apart as the framework would and names the rules that it breaks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace seqspan::planner::export_check {

struct Checked {
  std::string layout;  // as --layout takes it; what the text does not say is left out
  std::int64_t world = 0;
  std::int64_t global_batch_size = 0;
  std::vector<std::string> broken;  // rules, in the framework's words

  void expect(bool holds, const std::string& rule) {
    if (!holds) broken.push_back(rule);
  }
  void word(const std::string& key, const std::string& value) {
    layout += (layout.empty() ? "" : ",") + key + "=" + value;
  }
  void word(const std::string& key, std::int64_t value) { word(key, std::to_string(value)); }
};

// What is known of the job beside the text, as the framework knows it from its model and data.
struct JobFacts {
  std::int64_t sequence_length = 0;
  std::int64_t layers = 0;
  std::int64_t heads = 0;
};

[[nodiscard]] Checked check_accelerate(std::string_view text, const JobFacts& job);
[[nodiscard]] Checked check_deepspeed(std::string_view text, const JobFacts& job);
[[nodiscard]] Checked check_megatron(std::string_view text, const JobFacts& job);
[[nodiscard]] Checked check_torchtitan(std::string_view text, const JobFacts& job);
[[nodiscard]] Checked check_verl(std::string_view text, const JobFacts& job);

}  // namespace seqspan::planner::export_check
