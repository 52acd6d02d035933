#include "cli/commands/layout.hpp"

#include <fmt/format.h>

#include <utility>

#include "cli/commands/job.hpp"
#include "sim/layout/legality.hpp"
#include "sim/layout/resolve.hpp"
#include "sim/spec/layout_text.hpp"

namespace seqspan::cli {

sim::Result<sim::Layout> read_layout(const std::string& given, const sim::Job& job) {
  const sim::Result<sim::LayoutChoice> read = sim::read_layout(given);
  if (!read) return tl::unexpected(read.error());
  const sim::LayoutChoice choice = sim::override_with(*read, job.layout);
  sim::Result<sim::Layout> layout = sim::resolve_legal(job, choice);
  if (layout) return layout;
  sim::Error error = layout.error();
  if (const auto code = sim::broken_rule(job, sim::resolve(job, choice))) {
    error.where = "--layout " + given;
    error.fix += fmt::format(" More: seqspan explain {}", sim::facts_of(*code).name);
  }
  return tl::unexpected(std::move(error));
}

sim::Result<sim::Layout> read_layout(const std::optional<std::string>& given,
                                     const JobArguments& arguments, const sim::Job& job) {
  if (given) return read_layout(*given, job);
  return sim::input_error(
      "which layout?", {}, {},
      fmt::format("--layout tp=2,ulysses=4 (or --layout '' for the framework's defaults); "
                  "seqspan plan {} finds the fastest",
                  command_text(arguments)));
}

}  // namespace seqspan::cli
