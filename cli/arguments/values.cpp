#include "cli/arguments/values.hpp"

#include <fmt/format.h>

#include <charconv>

#include "sim/errors/quote.hpp"
#include "sim/units/parse_units.hpp"

namespace seqspan::cli {

std::string program_and(const std::string& command) {
  return command.empty() ? "seqspan" : "seqspan " + command;
}

sim::Result<std::optional<std::int64_t>> count_of(const ParsedLine& line, const char* option) {
  if (!line.has(option)) return std::nullopt;
  constexpr std::int64_t kMost = 1 << 24;
  const std::string text = line.value(option);
  std::int64_t count = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (failure == std::errc{} && end == text.data() + text.size() && count >= 1 && count <= kMost) {
    return count;
  }
  return sim::input_error(sim::quote(text) + " is no count", option, {},
                          fmt::format("a whole number from 1 to {}", kMost));
}

sim::Result<std::optional<sim::Seconds>> time_of(const ParsedLine& line, const char* option,
                                                 const char* example) {
  if (!line.has(option)) return std::nullopt;
  const sim::Result<sim::Seconds> time = sim::parse_time(line.value(option));
  if (time && time->value() > 0) return *time;
  return sim::input_error(sim::quote(line.value(option)) + " is no time", option, {},
                          fmt::format("for example {} {}", option, example));
}

std::vector<std::string> words_without_display(const std::vector<std::string>& words) {
  std::vector<std::string> kept;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--json" || words[i] == "--ascii" || words[i].rfind("--color=", 0) == 0) {
      continue;
    }
    if (words[i] == "--color") {
      ++i;
      continue;
    }
    kept.push_back(words[i]);
  }
  return kept;
}

sim::Result<Backend> backend_of(const ParsedLine& line) {
  const std::string name = line.has("--backend") ? line.value("--backend") : "mpi";
  if (name == "mpi") return Backend::kMpi;
  if (name == "nccl") return Backend::kNccl;
  if (name == "nccl-shared") return Backend::kNcclShared;
  return sim::input_error("unknown backend " + sim::quote(name), "--backend", {},
                          "mpi, nccl, or nccl-shared");
}

sim::Result<double> fraction_of(const ParsedLine& line, const char* option, double standard) {
  if (!line.has(option)) return standard;
  std::string text = line.value(option);
  const bool percent = !text.empty() && text.back() == '%';
  if (percent) text.pop_back();
  double value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (percent) value /= 100;
  if (failure == std::errc{} && end == text.data() + text.size() && value > 0 && value <= 100) {
    return value;
  }
  return sim::input_error(sim::quote(line.value(option)) + " is no tolerance", option, {},
                          fmt::format("for example {} 10%", option));
}

sim::Result<std::vector<std::int64_t>> counts_of(const ParsedLine& line, const char* option) {
  std::vector<std::int64_t> counts;
  if (!line.has(option)) return counts;
  const std::string text = line.value(option) + ',';
  for (std::size_t at = 0, end = 0; (end = text.find(',', at)) != std::string::npos; at = end + 1) {
    std::int64_t count = 0;
    const auto [stop, failure] = std::from_chars(text.data() + at, text.data() + end, count);
    if (failure != std::errc{} || stop != text.data() + end || count < 1) {
      return sim::input_error(sim::quote(text.substr(at, end - at)) + " is no length", option, {},
                              fmt::format("for example {} 5,11", option));
    }
    counts.push_back(count);
  }
  return counts;
}

}  // namespace seqspan::cli
