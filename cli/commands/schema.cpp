#include "cli/commands/schema.hpp"

#include "cli/render/facts_json.hpp"
#include "sim/spec/formats.hpp"

namespace seqspan::cli {

sim::Result<ExitCode> schema_command(const SchemaArguments& arguments,
                                     const DisplayOptions& display, Output& output) {
  if (!arguments.format.empty()) {
    const sim::Result<std::string> text = sim::schema_text(arguments.format);
    if (!text) return tl::unexpected(text.error());
    output.answer(*text);
    return ExitCode::kDone;
  }
  const std::vector<std::string> names = sim::format_names();
  if (display.json) {
    output.answer(facts_json({{"formats", names}}));
  } else {
    output.answer("Formats, each with a JSON Schema (seqspan schema NAME):\n");
    for (const std::string& name : names) output.answer("  " + name + "\n");
  }
  return ExitCode::kDone;
}

}  // namespace seqspan::cli
