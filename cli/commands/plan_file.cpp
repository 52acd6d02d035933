#include "cli/commands/plan_file.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <system_error>
#include <vector>

#include "cli/commands/job.hpp"
#include "cli/commands/layout.hpp"
#include "sim/layout/resolve.hpp"
#include "sim/spec/input_file.hpp"
#include "sim/spec/json/parse.hpp"
#include "sim/spec/layout_text.hpp"

namespace seqspan::cli {
namespace {

using sim::json::Kind;
using sim::json::Value;

tl::unexpected<sim::Error> no_plan(const std::string& file, const std::string& why) {
  return sim::input_error("this is no plan", file, why, "seqspan plan JOB -o FILE writes one");
}

std::string text_at(const Value& object, const char* key) {
  const Value* value = object.find(key);
  return value != nullptr && value->kind == Kind::kText ? value->text : "";
}

std::optional<std::string> option_at(const Value& object, const char* key) {
  const Value* value = object.find(key);
  if (value == nullptr || value->kind != Kind::kText) return std::nullopt;
  return value->text;
}

std::optional<std::vector<std::string>> texts_of(const Value& list) {
  if (list.kind != Kind::kArray) return std::nullopt;
  std::vector<std::string> texts;
  for (const Value& item : list.items) {
    if (item.kind != Kind::kText) return std::nullopt;
    texts.push_back(item.text);
  }
  return texts;
}

// What `plan` was given, and with which options, as plan_json wrote it.
sim::Result<PlanGiven> given_at(const Value& given, const std::string& file) {
  PlanGiven read;
  JobArguments& job = read.job;
  job.file = text_at(given, "job");
  job.model = option_at(given, "model");
  job.cluster = option_at(given, "cluster");
  job.framework = option_at(given, "framework");
  job.sequence_length = option_at(given, "sequence_length");
  job.global_batch_size = option_at(given, "global_batch_size");
  if (job.file.empty() && !job.model) return no_plan(file, "'given' names no job and no model");
  if (const Value* settings = given.find("set")) {
    const auto texts = texts_of(*settings);
    if (!texts) return no_plan(file, "'given.set' is no list of texts");
    job.settings = *texts;
  }
  const Value* options = given.find("options");
  if (options == nullptr) return read;
  if (options->kind != Kind::kObject) return no_plan(file, "'given.options' is no object");
  for (const sim::json::Member& option : options->members) {
    const auto texts = texts_of(option.value);
    if (!texts) {
      return no_plan(file, fmt::format("'given.options.{}' is no list of texts", option.key));
    }
    read.asked[option.key] = *texts;
  }
  return read;
}

bool names(const Value& inputs, const std::string& path) {
  for (const Value& input : inputs.items) {
    if (text_at(input, "path") == path) return true;
  }
  return false;
}

sim::Result<void> check_inputs(const Value& plan, const sim::Job& job, const std::string& file) {
  const Value* inputs = plan.find("inputs");
  if (inputs == nullptr || inputs->kind != Kind::kArray) return no_plan(file, "it has no inputs");
  for (const sim::InputFile& read : job.inputs) {
    if (names(*inputs, read.path)) continue;
    return sim::input_error("the plan does not say which version of a file it was made from",
                            sim::json::where(inputs->place, "inputs"),
                            fmt::format("it does not name {}", read.path), "make the plan again");
  }
  for (const Value& input : inputs->items) {
    const std::string path = text_at(input, "path");
    for (const sim::InputFile& read : job.inputs) {
      if (read.path != path || read.sha256 == text_at(input, "sha256")) continue;
      return sim::input_error("the plan was made from another version of this file", path,
                              fmt::format("its SHA-256 is not the one in {}", file),
                              "make the plan again");
    }
  }
  return {};
}

// "tp=2,ulysses=4,...": the keys of a layout but for cp, which follows from others.
std::string layout_words(const Value& layout) {
  std::string words;
  for (const sim::json::Member& member : layout.members) {
    if (member.key == "cp") continue;
    const Value& value = member.value;
    const std::string word =
        value.kind == Kind::kBoolean ? (value.boolean ? "true" : "false") : value.text;
    words += (words.empty() ? "" : ",") + member.key + "=" + word;
  }
  return words;
}

// A plan, and its job read again from files that are what they were.
struct ReadPlan {
  Value document;
  PlanGiven given;
  sim::Job job;
};

sim::Result<Value> read_document(const std::string& file) {
  const auto text = sim::read_input_file(file, file);
  if (!text) return tl::unexpected(text.error());
  return sim::json::parse(text->text, file);
}

sim::Result<ReadPlan> read_again(const std::string& file) {
  auto document = read_document(file);
  if (!document) return tl::unexpected(document.error());
  const Value* said = document->find("given");
  if (said == nullptr || said->kind != Kind::kObject) return no_plan(file, "it has no 'given'");
  auto given = given_at(*said, file);
  if (!given) return tl::unexpected(given.error());
  auto job = read_job(given->job);
  if (!job) return tl::unexpected(job.error());
  if (auto same = check_inputs(*document, *job, file); !same) return tl::unexpected(same.error());
  return ReadPlan{*std::move(document), *std::move(given), *std::move(job)};
}

}  // namespace

sim::Result<PlannedLayout> read_plan(const std::string& file, std::int64_t rank) {
  auto plan = read_again(file);
  if (!plan) return tl::unexpected(plan.error());
  const Value* best = plan->document.find("best");
  if (best == nullptr || best->kind != Kind::kArray) return no_plan(file, "it has no 'best'");
  if (rank > static_cast<std::int64_t>(best->items.size())) {
    return sim::input_error(
        fmt::format("the plan has no layout of rank {}", rank), file,
        fmt::format("it has {}", best->items.size()),
        best->items.empty() ? "no layout fits: change the job" : "a smaller --choice");
  }
  const Value* layout = best->items[static_cast<std::size_t>(rank - 1)].find("layout");
  if (layout == nullptr || layout->kind != Kind::kObject) {
    return no_plan(file, fmt::format("'best[{}]' has no layout", rank - 1));
  }
  const auto choice = sim::parse_layout(layout_words(*layout));
  if (!choice) return tl::unexpected(choice.error());
  const auto resolved = sim::resolve_legal(plan->job, *choice);
  if (!resolved) return tl::unexpected(resolved.error());
  return PlannedLayout{std::move(plan->job), *resolved};
}

bool is_plan_file(const std::string& file) {
  // A pipe can be read once: it is left to who reads a job.
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(file, ignored)) return false;
  const auto document = read_document(file);
  return document && document->find("given") != nullptr && document->find("best") != nullptr;
}

sim::Result<PlanGiven> read_plan_given(const std::string& file) {
  auto plan = read_again(file);
  if (!plan) return tl::unexpected(plan.error());
  return std::move(plan->given);
}

sim::Result<PlannedLayout> read_plan_or_job(const PlanOrJobArguments& arguments) {
  if (!arguments.layout) return read_plan(arguments.file, arguments.choice);
  JobArguments given;
  given.file = arguments.file;
  given.settings = arguments.settings;
  auto job = read_job(given);
  if (!job) return tl::unexpected(job.error());
  const auto read = read_layout(*arguments.layout, *job);
  if (!read) return tl::unexpected(read.error());
  return PlannedLayout{*std::move(job), *read};
}

}  // namespace seqspan::cli
