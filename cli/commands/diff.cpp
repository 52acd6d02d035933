#include "cli/commands/diff.hpp"

#include <fmt/format.h>

#include "cli/render/diff_report.hpp"
#include "sim/spec/input_file.hpp"
#include "sim/spec/json/parse.hpp"

namespace seqspan::cli {
namespace {

sim::Result<sim::json::Value> read_result(const std::string& file) {
  const auto text = sim::read_input_file(file, file);
  if (!text) return tl::unexpected(text.error());
  auto value = sim::json::parse(text->text, file);
  if (value && value->find("format_version") == nullptr) {
    return sim::input_error("this is no plan and no result", file, "it has no format_version",
                            "seqspan plan JOB -o FILE and every --json write one");
  }
  return value;
}

}  // namespace

sim::Result<ExitCode> diff_command(const DiffArguments& arguments, const DisplayOptions& display,
                                   Output& output) {
  const auto first = read_result(arguments.first);
  if (!first) return tl::unexpected(first.error());
  const auto second = read_result(arguments.second);
  if (!second) return tl::unexpected(second.error());
  const ResultDifferences differences = differences_of(*first, *second);
  output.answer(display.json ? diff_json(differences)
                             : diff_report(output.style(), arguments, differences));
  return differences.rows.empty() ? ExitCode::kDone : ExitCode::kNo;
}

}  // namespace seqspan::cli
