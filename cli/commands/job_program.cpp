#include "cli/commands/job_program.hpp"

#include <utility>

#include "cli/commands/job.hpp"
#include "cli/commands/layout.hpp"
#include "sim/engine/simulator.hpp"

namespace seqspan::cli {

sim::Result<JobProgram> read_job_program(const ProfileArguments& arguments) {
  sim::Result<sim::Job> job = read_job(*arguments.run.job);
  if (!job) return tl::unexpected(job.error());
  const sim::Result<sim::Layout> layout = read_layout(arguments.run.layout, *job);
  if (!layout) return tl::unexpected(layout.error());
  sim::Simulator simulator(*job);
  if (const auto ok = simulator.check(); !ok) return tl::unexpected(ok.error());
  sim::Program program = simulator.program_of(*layout);
  return JobProgram{*std::move(job), *layout, std::move(program)};
}

}  // namespace seqspan::cli
