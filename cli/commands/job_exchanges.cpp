#include "cli/commands/job_exchanges.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/commands/job.hpp"
#include "cli/commands/job_program.hpp"
#include "cli/commands/measurement_log.hpp"

namespace seqspan::cli {

sim::Result<std::vector<real::JobExchange>> job_exchanges(const ProfileArguments& arguments) {
  const sim::Result<JobProgram> job = read_job_program(arguments);
  if (!job) return tl::unexpected(job.error());
  std::vector<real::JobExchange> exchanges = real::exchanges_of(job->program, job->layout);
  if (const auto& kind = arguments.log.collective) {
    exchanges.erase(
        std::remove_if(exchanges.begin(), exchanges.end(),
                       [&](const auto& one) { return kind_of(one.collective) != *kind; }),
        exchanges.end());
  }
  // One rank has GEMMs even so.
  if (!exchanges.empty() || !arguments.run.gemms_file.empty()) return exchanges;
  return sim::input_error(
      "nothing to measure: the layout exchanges nothing of that kind",
      "--layout " + arguments.run.layout,
      "each of its groups has one rank, or --collective names what it does not use",
      fmt::format("seqspan simulate {} --layout L lists its traffic",
                  command_text(*arguments.run.job)));
}

}  // namespace seqspan::cli
