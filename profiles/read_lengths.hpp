// The file of lengths that `training.documents.file` of a job names, relative to the folder of the
// job (to the working folder where `--set` names it).
#pragma once

#include <optional>

#include "profiles/reference.hpp"
#include "sim/errors/error.hpp"
#include "sim/spec/input_file.hpp"
#include "sim/spec/job.hpp"
#include "sim/spec/json/value.hpp"

namespace seqspan::profiles {

// Fills in the lengths of the decoded job, and says which file they came from; nothing where the
// job names none. `document`: what the job was decoded from. `folder`: the job's.
// Errors: kInput, kEnvironment.
[[nodiscard]] sim::Result<std::optional<sim::InputFile>> read_lengths(
    sim::Job& job, const sim::json::Value& document, const NamedFile& folder);

}  // namespace seqspan::profiles
