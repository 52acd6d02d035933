#include "cli/commands/plan_file.hpp"

#include <fmt/format.h>

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

tl::unexpected<sim::Error> no_plan(const std::string& file, const char* missing) {
  return sim::input_error("this is no plan", file, fmt::format("it has no {}", missing),
                          "seqspan plan JOB -o FILE writes one");
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

// What `plan` was given, as plan_json wrote it.
JobArguments arguments_at(const Value& given) {
  JobArguments job;
  job.file = text_at(given, "job");
  job.model = option_at(given, "model");
  job.cluster = option_at(given, "cluster");
  job.framework = option_at(given, "framework");
  job.sequence_length = option_at(given, "sequence_length");
  job.global_batch_size = option_at(given, "global_batch_size");
  if (const Value* settings = given.find("set")) {
    for (const Value& setting : settings->items) job.settings.push_back(setting.text);
  }
  return job;
}

AskedOptions asked_at(const Value& given) {
  AskedOptions asked;
  const Value* options = given.find("options");
  if (options == nullptr || options->kind != Kind::kObject) return asked;
  for (const sim::json::Member& option : options->members) {
    for (const Value& value : option.value.items) asked[option.key].push_back(value.text);
  }
  return asked;
}

sim::Result<void> check_inputs(const Value& plan, const sim::Job& job, const std::string& file) {
  const Value* inputs = plan.find("inputs");
  if (inputs == nullptr || inputs->kind != Kind::kArray) return no_plan(file, "inputs");
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

}  // namespace

sim::Result<PlannedLayout> read_plan(const std::string& file, std::int64_t rank) {
  const auto text = sim::read_input_file(file, file);
  if (!text) return tl::unexpected(text.error());
  const auto plan = sim::json::parse(text->text, file);
  if (!plan) return tl::unexpected(plan.error());
  const Value* given = plan->find("given");
  const Value* best = plan->find("best");
  if (given == nullptr || given->kind != Kind::kObject) return no_plan(file, "'given'");
  if (best == nullptr || best->kind != Kind::kArray) return no_plan(file, "'best'");
  if (rank > static_cast<std::int64_t>(best->items.size())) {
    return sim::input_error(
        fmt::format("the plan has no layout of rank {}", rank), file,
        fmt::format("it has {}", best->items.size()),
        best->items.empty() ? "no layout fits: change the job" : "a smaller --rank-of-best");
  }
  auto job = read_job(arguments_at(*given));
  if (!job) return tl::unexpected(job.error());
  if (auto same = check_inputs(*plan, *job, file); !same) return tl::unexpected(same.error());
  const Value* layout = best->items[static_cast<std::size_t>(rank - 1)].find("layout");
  if (layout == nullptr) return no_plan(file, "layout");
  const auto choice = sim::parse_layout(layout_words(*layout));
  if (!choice) return tl::unexpected(choice.error());
  const auto resolved = sim::resolve_legal(*job, *choice);
  if (!resolved) return tl::unexpected(resolved.error());
  return PlannedLayout{*std::move(job), *resolved};
}

bool is_plan_file(const std::string& file) {
  const auto text = sim::read_input_file(file, file);
  if (!text) return false;
  const auto plan = sim::json::parse(text->text, file);
  return plan && plan->find("given") != nullptr && plan->find("best") != nullptr;
}

sim::Result<PlanGiven> read_plan_given(const std::string& file) {
  const auto text = sim::read_input_file(file, file);
  if (!text) return tl::unexpected(text.error());
  const auto plan = sim::json::parse(text->text, file);
  if (!plan) return tl::unexpected(plan.error());
  const Value* given = plan->find("given");
  if (given == nullptr || given->kind != Kind::kObject) return no_plan(file, "'given'");
  PlanGiven read{arguments_at(*given), asked_at(*given)};
  const auto job = read_job(read.job);
  if (!job) return tl::unexpected(job.error());
  if (auto same = check_inputs(*plan, *job, file); !same) return tl::unexpected(same.error());
  return read;
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
