#include "cli/commands/explain.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/commands/job.hpp"
#include "cli/commands/layout.hpp"
#include "cli/render/against_report.hpp"
#include "cli/render/explanation_json.hpp"
#include "cli/render/explanation_report.hpp"
#include "cli/render/facts_json.hpp"
#include "cli/render/result_json.hpp"
#include "cli/render/text.hpp"
#include "sim/engine/explanation.hpp"
#include "sim/errors/did_you_mean.hpp"
#include "sim/errors/quote.hpp"
#include "sim/layout/reason_code.hpp"
#include "sim/spec/formats.hpp"

namespace seqspan::cli {
namespace {

std::vector<std::string> code_names() {
  std::vector<std::string> names;
  for (const sim::ReasonFacts& facts : sim::all_reasons()) names.emplace_back(facts.name);
  return names;
}

void list_topics(bool json, Output& output) {
  const std::vector<std::string> codes = code_names();
  if (json) {
    output.answer(facts_json({{"codes", codes}, {"fields", std::vector<std::string>{"config"}}}));
    return;
  }
  const Style& style = output.style();
  output.answer("Why a layout is refused (seqspan explain CODE):\n");
  for (const std::string& name : codes) output.answer("  " + name + "\n");
  output.answer(
      "\nHow a prediction comes about, number by number "
      "(seqspan explain JOB --layout L [--part step|time|network|memory] [--op NAME])\n");
  output.answer("\nFields of a job and of what it names (seqspan explain config.PATH):\n");
  output.answer(paragraph("  ",
                          "config, config.training, config.layout, config.model, config.cluster, "
                          "config.cluster.device, and every field below them, such as "
                          "config.training.sequence_length",
                          style.width));
}

void explain_code(const sim::ReasonFacts& facts, bool json, Output& output) {
  if (json) {
    output.answer(facts_json({{"code", std::string(facts.name)},
                              {"rule", std::string(facts.rule)},
                              {"fix", std::string(facts.fix)},
                              {"source", std::string(facts.source)}}));
    return;
  }
  const Style& style = output.style();
  const auto part = [&](std::string_view title, std::string_view text) {
    if (!text.empty()) output.answer(paragraph(title, text, style.width));
  };
  output.answer(bold(style, facts.name) + "\n");
  part("  rule    ", facts.rule);
  part("  fix     ", facts.fix);
  part("  source  ", facts.source);
}

// What somebody who typed the name of an op may have meant.
std::string op_suggestion(const std::string& name, const std::vector<std::string>& names) {
  const std::string nearest = sim::nearest_name(name, names);
  std::string alike;
  for (const std::string& one : names) {
    if (one.find(name) != std::string::npos) alike += (alike.empty() ? "" : ", ") + sim::quote(one);
  }
  if (!alike.empty()) return "ops like it: " + alike;
  if (!nearest.empty()) return "did you mean " + sim::quote(nearest) + "?";
  return "without --op all ops are listed";
}

// Leaves only the blocks and ops of that name.
sim::Result<void> keep_op(sim::Explanation& explanation, const std::string& name) {
  std::vector<std::string> names;
  for (sim::ExplainedBlock& block : explanation.blocks) {
    for (const sim::ExplainedOp& op : block.ops) names.emplace_back(op.name);
    std::erase_if(block.ops, [&](const sim::ExplainedOp& op) { return name != op.name; });
  }
  std::erase_if(explanation.blocks,
                [](const sim::ExplainedBlock& block) { return block.ops.empty(); });
  if (!explanation.blocks.empty()) return {};
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return sim::input_error("no op of this layout is called " + sim::quote(name), "--op", {},
                          op_suggestion(name, names));
}

// What somebody who typed `topic` may have meant.
std::string suggestion_for(const std::string& topic) {
  if (sim::explain_field(topic)) return fmt::format("did you mean 'config.{}'?", topic);
  const std::vector<std::string> codes = code_names();
  const std::string nearest = sim::nearest_name(topic, codes);
  if (!nearest.empty()) return fmt::format("did you mean '{}'?", nearest);
  std::string alike;
  for (const std::string& code : codes) {
    if (code.find(topic) != std::string::npos) alike += (alike.empty() ? "" : ", ") + code;
  }
  return alike.empty() ? "seqspan explain lists what can be explained" : "codes like it: " + alike;
}

sim::Result<ExitCode> explain_topic(const std::string& topic, const DisplayOptions& display,
                                    Output& output) {
  if (topic.empty()) {
    list_topics(display.json, output);
    return ExitCode::kDone;
  }
  if (const auto code = sim::reason_named(topic)) {
    explain_code(sim::facts_of(*code), display.json, output);
    return ExitCode::kDone;
  }
  if (topic == "config" || topic.rfind("config.", 0) == 0) {
    const std::string path = topic == "config" ? "" : topic;
    sim::Result<std::string> text = sim::explain_field(path);
    if (!text) return tl::unexpected(text.error());
    if (text->empty() || text->back() != '\n') *text += '\n';
    output.answer(display.json ? facts_json({{"field", topic}, {"text", *text}}) : *text);
    return ExitCode::kDone;
  }
  return sim::input_error(sim::quote(topic) + " is neither a reason code nor config.PATH", {}, {},
                          suggestion_for(topic));
}

sim::Result<ExitCode> explain_prediction(const PredictionArguments& arguments,
                                         const DisplayOptions& display, Output& output) {
  const sim::Result<sim::Job> job = read_job(arguments.job);
  if (!job) return tl::unexpected(job.error());
  const sim::Result<sim::Layout> layout = read_layout(arguments.layout, arguments.job, *job);
  if (!layout) return tl::unexpected(layout.error());
  sim::Simulator simulator(*job);
  if (const sim::Result<void> ok = simulator.check(); !ok) return tl::unexpected(ok.error());
  if (arguments.against) {
    const sim::Result<sim::Layout> other = read_layout(*arguments.against, *job);
    if (!other) {
      sim::Error error = other.error();
      error.where = "--against " + *arguments.against;
      return tl::unexpected(std::move(error));
    }
    const sim::Simulation first = simulator.simulate(*layout);
    const sim::Simulation second = simulator.simulate(*other);
    output.answer(display.json ? against_json(*job, first, second)
                               : against_report(output.style(), *job, first, second));
    return ExitCode::kDone;
  }
  sim::Explanation explanation = simulator.explain(*layout);
  if (!arguments.op.empty()) {
    const sim::Result<void> kept = keep_op(explanation, arguments.op);
    if (!kept) return tl::unexpected(kept.error());
  }
  if (display.json) {
    output.answer(explanation_json(*job, explanation, arguments));
    return ExitCode::kDone;
  }
  output.answer(arguments.op.empty()
                    ? explanation_report(output.style(), *job, explanation, arguments.part)
                    : op_report(output.style(), *job, explanation));
  print_warnings(*job, output);
  return ExitCode::kDone;
}

}  // namespace

sim::Result<ExitCode> explain_command(const ExplainArguments& arguments,
                                      const DisplayOptions& display, Output& output) {
  if (arguments.prediction) return explain_prediction(*arguments.prediction, display, output);
  return explain_topic(arguments.topic, display, output);
}

}  // namespace seqspan::cli
