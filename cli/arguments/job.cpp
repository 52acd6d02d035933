#include "cli/arguments/requests.hpp"

#include <fmt/format.h>

#include <array>

#include "cli/arguments/values.hpp"

namespace seqspan::cli {
namespace {

struct JobOption {
  const char* name;
  std::optional<std::string> JobArguments::*member;
  const char* field;  // of a job
};
constexpr std::array kJobOptions = {
    JobOption{"--model", &JobArguments::model, "model"},
    JobOption{"--cluster", &JobArguments::cluster, "cluster"},
    JobOption{"--framework", &JobArguments::framework, "framework"},
    JobOption{"--sequence-length", &JobArguments::sequence_length, "training.sequence_length"},
    JobOption{"--global-batch-size", &JobArguments::global_batch_size,
              "training.global_batch_size"},
};

}  // namespace

sim::Result<JobArguments> job_of(const ParsedLine& line) {
  JobArguments job;
  job.file = line.value("JOB");
  job.settings = line.all("--set");
  for (const JobOption& option : kJobOptions) {
    if (!line.has(option.name)) continue;
    if (line.has("JOB")) {
      return sim::input_error(fmt::format("{} is for a command without a job file", option.name),
                              job.file, {},
                              fmt::format("change the field of the job: --set {}={}", option.field,
                                          line.value(option.name)));
    }
    job.*option.member = line.value(option.name);
  }
  if (!job.file.empty() || (job.model && job.cluster)) return job;
  const std::string of = program_and(line.command);
  if (line.has("JOB")) return sim::input_error("the name of the job file is empty");
  if (job.model || job.cluster) {
    return sim::input_error(
        fmt::format("{} needs {}", of, job.model ? "--cluster too" : "--model too"));
  }
  return sim::input_error(
      fmt::format("{} needs a job", of), {}, {},
      fmt::format("{} JOB, or --model M --cluster C; {} -h has examples", of, of));
}

}  // namespace seqspan::cli
