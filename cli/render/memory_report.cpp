#include "cli/render/memory_report.hpp"

#include <fmt/format.h>

#include <map>

#include "cli/render/answer.hpp"
#include "cli/render/bar.hpp"
#include "cli/render/quantity.hpp"
#include "cli/render/table.hpp"
#include "cli/render/text.hpp"
#include "sim/units/format_units.hpp"

namespace seqspan::cli {
namespace {

constexpr std::size_t kBarColumns = 20;

std::string coloured(const Style& style, MemoryVerdict verdict, const std::string& text) {
  switch (verdict) {
    case MemoryVerdict::kFits:
      return green(style, text);
    case MemoryVerdict::kTight:
      return yellow(style, text);
    case MemoryVerdict::kOver:
      return red(style, text);
    case MemoryVerdict::kRefused:
      return dim(style, text);
  }
  return text;
}

std::string verdict_of(const Style& style, const WhatIf& answer) {
  return coloured(style, answer.verdict, name_of(answer.verdict));
}

// "131,072 tokens", or why there are none.
std::string longest_of(const Style& style, const WhatIf& answer) {
  if (answer.is_refused()) return dim(style, "refused");
  if (answer.longest->tokens == 0) return red(style, "none fits");
  return sim::format_count(answer.longest->tokens) + (answer.longest->next == 0 ? " and more" : "");
}

std::string cell_of(const Style& style, const WhatIf& answer) {
  if (answer.longest || answer.is_refused()) {
    return answer.longest ? longest_of(style, answer) : verdict_of(style, answer);
  }
  return fmt::format("{} {}", gib_number(answer.peak), verdict_of(style, answer));
}

// The values of all sweeps but the last.
std::string row_name(const MemoryArguments& arguments, const WhatIf& answer) {
  std::string name;
  for (std::size_t i = 0; i + 1 < arguments.sweeps.size(); ++i) {
    if (i > 0) name += ", ";
    name += answer.values[i];
  }
  return name;
}

std::string grid(const Style& style, const MemoryArguments& arguments,
                 const std::vector<WhatIf>& answers) {
  std::string rows;
  for (std::size_t i = 0; i + 1 < arguments.sweeps.size(); ++i) {
    rows += (i > 0 ? ", " : "") + arguments.sweeps[i].path;
  }
  const Sweep& last = arguments.sweeps.back();
  std::vector<Column> columns = {{rows, Align::kRight}};
  for (const std::string& value : last.values) columns.push_back({value, Align::kRight});
  Table table(std::move(columns));
  const std::size_t width = last.values.size();
  for (std::size_t first = 0; first < answers.size(); first += width) {
    std::vector<std::string> cells = {row_name(arguments, answers[first])};
    for (std::size_t i = 0; i < width; ++i) cells.push_back(cell_of(style, answers[first + i]));
    table.add(std::move(cells));
  }
  return fmt::format("Across: {}\n", last.path) + table.text(style);
}

std::string list(const Style& style, const MemoryArguments& arguments,
                 const std::vector<WhatIf>& answers) {
  std::vector<Column> columns = {
      {arguments.sweeps.empty() ? "" : arguments.sweeps.front().path, Align::kRight}};
  if (arguments.longest) columns.push_back({"longest", Align::kRight});
  for (const char* title : {"peak GiB", "free GiB"}) columns.push_back({title, Align::kRight});
  columns.push_back({"", Align::kLeft});
  columns.push_back({"of the memory", Align::kLeft});
  columns.push_back({"states", Align::kRight, false, true});
  columns.push_back({"saved", Align::kRight, false, true});
  columns.push_back({"other", Align::kRight, false, true});
  Table table(std::move(columns));
  for (const WhatIf& answer : answers) {
    std::vector<std::string> cells = {answer.values.empty() ? "" : answer.values.front()};
    if (arguments.longest) cells.push_back(longest_of(style, answer));
    const bool has_memory = !answer.is_refused() && (!answer.longest || answer.longest->tokens > 0);
    if (!has_memory) {
      cells.insert(cells.end(),
                   {"", "", arguments.longest ? "" : verdict_of(style, answer), "", "", "", ""});
      table.add(std::move(cells));
      continue;
    }
    const auto role = [&](sim::MemoryRole one) {
      return answer.by_role[static_cast<std::size_t>(one)];
    };
    const sim::Bytes states = role(sim::MemoryRole::kParameters) +
                              role(sim::MemoryRole::kGradients) +
                              role(sim::MemoryRole::kOptimizerState);
    const sim::Bytes saved = role(sim::MemoryRole::kSavedActivations);
    cells.insert(cells.end(),
                 {gib_number(answer.peak),
                  answer.peak <= answer.capacity ? gib_number(answer.capacity - answer.peak)
                                                 : "-" + gib_number(answer.peak - answer.capacity),
                  answer.longest ? "" : verdict_of(style, answer),
                  bar(style, answer.peak / answer.capacity, kBarColumns), gib_number(states),
                  gib_number(saved), gib_number(answer.peak - states - saved)});
    table.add(std::move(cells));
  }
  return table.text(style);
}

// Each rule once, with the first combination that breaks it.
std::string refusals(const Style& style, const MemoryArguments& arguments,
                     const std::vector<WhatIf>& answers) {
  std::map<std::string, const WhatIf*> first;
  for (const WhatIf& answer : answers) {
    if (answer.is_refused()) first.emplace(answer.code, &answer);
  }
  if (first.empty()) return {};
  std::string text = "\n" + bold(style, "Refused") + "\n";
  for (const auto& [code, answer] : first) {
    std::string where;
    for (std::size_t i = 0; i < answer->values.size(); ++i) {
      where += (i > 0 ? ", " : "") + arguments.sweeps[i].path + "=" + answer->values[i];
    }
    text += paragraph(
        "  ", fmt::format("{}: {}{}{}", code, where, where.empty() ? "" : ": ", answer->reason),
        style.width);
  }
  return text;
}

}  // namespace

std::string memory_report(const Style& style, const sim::Job& job, const MemoryArguments& arguments,
                          const std::vector<WhatIf>& answers) {
  std::string text = bold(
      style, fmt::format("{}: {} of {}",
                         arguments.layout.empty() ? "the framework's defaults" : arguments.layout,
                         arguments.longest ? "longest sequences that fit" : "peak memory in GiB",
                         gib(job.cluster.device.memory)));
  text += fmt::format("\n{} on {} ({} x {}), {}, {} tokens x {} sequences\n\n", job.model.name,
                      job.cluster.name, job.cluster.gpu_count(), job.cluster.device.name,
                      name_of(job.framework), sim::format_count(job.training.sequence_length),
                      job.training.global_batch_size);
  text += arguments.sweeps.size() > 1 ? grid(style, arguments, answers)
                                      : list(style, arguments, answers);
  return text + refusals(style, arguments, answers);
}

}  // namespace seqspan::cli
