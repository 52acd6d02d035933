#include "cli/commands/schema.hpp"

#include "cli/render/facts_json.hpp"
#include "profiles/fabric_profile/decode.hpp"
#include "sim/errors/did_you_mean.hpp"
#include "sim/spec/formats.hpp"
#include "sim/spec/json/schema.hpp"

namespace seqspan::cli {
namespace {

// The formats of sim, and those of profiles.
constexpr const char* kFabricProfile = "fabric_profile";

std::vector<std::string> all_names() {
  std::vector<std::string> names = sim::format_names();
  names.emplace_back(kFabricProfile);
  return names;
}

sim::Result<std::string> schema_of(const std::string& name) {
  if (name == kFabricProfile) {
    return sim::json::schema_text(profiles::fabric_profile_facts(), name);
  }
  sim::Result<std::string> text = sim::schema_text(name);
  if (text) return text;
  return sim::input_error(text.error().what, {}, {},
                          sim::did_you_mean(name, all_names(), "formats"));
}

}  // namespace

sim::Result<ExitCode> schema_command(const SchemaArguments& arguments,
                                     const DisplayOptions& display, Output& output) {
  if (!arguments.format.empty()) {
    const sim::Result<std::string> text = schema_of(arguments.format);
    if (!text) return tl::unexpected(text.error());
    output.answer(*text);
    return ExitCode::kDone;
  }
  const std::vector<std::string> names = all_names();
  if (display.json) {
    output.answer(facts_json({{"formats", names}}));
  } else {
    output.answer("Formats, each with a JSON Schema (seqspan schema NAME):\n");
    for (const std::string& name : names) output.answer("  " + name + "\n");
  }
  return ExitCode::kDone;
}

}  // namespace seqspan::cli
