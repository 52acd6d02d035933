#include "cli/commands/job_exchanges.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/commands/job.hpp"
#include "cli/commands/layout.hpp"
#include "cli/commands/measurement_log.hpp"
#include "sim/engine/simulator.hpp"

namespace seqspan::cli {

sim::Result<std::vector<real::JobExchange>> job_exchanges(const ProfileArguments& arguments) {
  const sim::Result<sim::Job> job = read_job(*arguments.run.job);
  if (!job) return tl::unexpected(job.error());
  const sim::Result<sim::Layout> layout = read_layout(arguments.run.layout, *job);
  if (!layout) return tl::unexpected(layout.error());
  sim::Simulator simulator(*job);
  if (const auto ok = simulator.check(); !ok) return tl::unexpected(ok.error());

  std::vector<real::JobExchange> exchanges =
      real::exchanges_of(simulator.program_of(*layout), *layout);
  if (const auto& kind = arguments.log.collective) {
    exchanges.erase(
        std::remove_if(exchanges.begin(), exchanges.end(),
                       [&](const auto& one) { return kind_of(one.collective) != *kind; }),
        exchanges.end());
  }
  if (!exchanges.empty()) return exchanges;
  return sim::input_error(
      "nothing to measure: the layout exchanges nothing of that kind",
      "--layout " + arguments.run.layout,
      "each of its groups has one rank, or --collective names what it does not use",
      fmt::format("seqspan simulate {} --layout L lists its traffic",
                  command_text(*arguments.run.job)));
}

}  // namespace seqspan::cli
