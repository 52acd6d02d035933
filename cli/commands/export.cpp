#include "cli/commands/export.hpp"

#include <fmt/format.h>

#include "cli/commands/plan_file.hpp"
#include "cli/render/facts_json.hpp"
#include "cli/render/text.hpp"
#include "cli/write_file.hpp"
#include "planner/export/imported.hpp"
#include "sim/spec/framework.hpp"
#include "sim/spec/input_file.hpp"

namespace seqspan::cli {
sim::Result<ExitCode> export_command(const ExportArguments& arguments,
                                     const DisplayOptions& display, Output& output) {
  const auto plan = read_plan_or_job(arguments.plan);
  if (!plan) return tl::unexpected(plan.error());
  const auto exported = planner::export_layout(plan->job, plan->layout, arguments.target);
  if (!exported) return tl::unexpected(exported.error());
  const std::string& file = arguments.output_file;
  if (!file.empty() && file != "-") {
    if (auto written = write_file(file, exported->text); !written) {
      return tl::unexpected(written.error());
    }
    output.message("wrote " + file + "\n");
  } else if (display.json) {
    output.answer(facts_json({{"target", std::string(name_of(arguments.target))},
                              {"text", exported->text},
                              {"warnings", exported->warnings}}));
  } else {
    output.answer(exported->text);
  }
  for (const std::string& warning : exported->warnings) output.warning(warning);
  return ExitCode::kDone;
}

sim::Result<ExitCode> import_command(const ImportArguments& arguments,
                                     const DisplayOptions& display, Output& output) {
  const auto text = sim::read_input_file(arguments.file, arguments.file);
  if (!text) return tl::unexpected(text.error());
  const auto imported = planner::import_any(text->text, arguments.file);
  if (!imported) return tl::unexpected(imported.error());
  if (display.json) {
    output.answer(facts_json({{"framework", std::string(name_of(imported->framework))},
                              {"layout", imported->layout},
                              {"set", imported->settings},
                              {"warnings", imported->warnings}}));
  } else {
    std::string words = "--framework " + std::string(name_of(imported->framework)) + " --layout " +
                        shell_quote(imported->layout);
    for (const std::string& setting : imported->settings) words += " --set " + setting;
    output.answer(words + "\n");
  }
  for (const std::string& warning : imported->warnings) output.warning(warning);
  return ExitCode::kDone;
}

}  // namespace seqspan::cli
