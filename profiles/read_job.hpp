// Reads a job file, or makes a job from names given on the command line.
//
// Order: the job document; `--set` of `model`, `cluster` and everything outside them; the
// documents that the job names, in place of their names; `--set` of `cluster.device`,
// `cluster.fabric` and `cluster.measured`; their documents; every other `--set`; then decoding, so
// that all checks apply to all values; then what was measured. Of two settings of one field the
// later counts.
//
// Errors: kInput, located in the file that holds the fault or at "--set path=value";
// kEnvironment when a file cannot be read.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "sim/errors/error.hpp"
#include "sim/spec/job.hpp"

namespace seqspan::profiles {

// `settings`: "path=value" each, as `--set` takes them. Fills in `warnings` and `inputs`.
[[nodiscard]] sim::Result<sim::Job> read_job(const std::string& path,
                                             const std::filesystem::path& data_root,
                                             const std::vector<std::string>& settings = {});

// The command line instead of a job file. Texts are checked as in a file; what is absent must come
// from `settings` or has a default.
struct JobOptions {
  std::string model;    // name or file
  std::string cluster;  // name or file
  std::optional<std::string> framework;
  std::optional<std::string> sequence_length;    // "128K"
  std::optional<std::string> global_batch_size;  // "16"
  std::vector<std::string> settings;
};

[[nodiscard]] sim::Result<sim::Job> make_job(const JobOptions& options,
                                             const std::filesystem::path& data_root);

}  // namespace seqspan::profiles
