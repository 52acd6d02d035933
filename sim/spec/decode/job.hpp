// A job as a JSON object. docs/formats/job.md
#pragma once

#include <string>

#include "sim/spec/job.hpp"
#include "sim/spec/json/field_table.hpp"

namespace seqspan::sim {

// `model` and `cluster` must be objects by now: names are replaced by what they name before
// decoding (profiles/resolve.hpp). Fills in `warnings`, not `inputs`.
// `model_name`: what the model is called if it does not say so itself.
[[nodiscard]] Result<Job> decode_job(const json::Value& value, const std::string& model_name);

[[nodiscard]] const json::ObjectFacts& job_facts();

}  // namespace seqspan::sim
