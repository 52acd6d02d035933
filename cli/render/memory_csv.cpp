#include "cli/render/memory_csv.hpp"

#include <fmt/format.h>

namespace seqspan::cli {
namespace {

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"') result += '"';
    result += c;
  }
  return result + '"';
}

}  // namespace

std::string memory_csv(const MemoryArguments& arguments, const std::vector<WhatIf>& answers) {
  std::string text;
  for (const Sweep& sweep : arguments.sweeps) text += quoted(sweep.path) + ",";
  text += "verdict,peak_bytes,capacity_bytes";
  for (std::size_t i = 0; i < sim::kMemoryRoleCount; ++i) {
    text += fmt::format(",{}_bytes", name_of(static_cast<sim::MemoryRole>(i)));
  }
  if (arguments.longest) text += ",longest_sequence,next_sequence,next_peak_bytes";
  text += ",refused_for\n";
  for (const WhatIf& answer : answers) {
    for (const std::string& value : answer.values) text += quoted(value) + ",";
    text += name_of(answer.verdict);
    const bool has_memory = !answer.is_refused() && (!answer.longest || answer.longest->tokens > 0);
    text += has_memory ? fmt::format(",{}", answer.peak.value()) : ",";
    text += fmt::format(",{}", answer.capacity.value());
    for (const sim::Bytes bytes : answer.by_role) {
      text += has_memory ? fmt::format(",{}", bytes.value()) : ",";
    }
    if (arguments.longest) {
      text += answer.longest ? fmt::format(",{},{},{}", answer.longest->tokens,
                                           answer.longest->next, answer.longest->next_peak.value())
                             : ",,,";
    }
    text += "," + answer.code + "\n";
  }
  return text;
}

}  // namespace seqspan::cli
