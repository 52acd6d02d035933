// The name of a model and its dimensions to a shipped model and what to change of it.
//
// A shipped model is known by its name, case and punctuation aside; what the file says of its
// dimensions is held against its config.json, and set where it differs. A name that is not shipped
// needs dimensions, and is built on the shipped model of its kind.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "profiles/replay/published/format.hpp"
#include "sim/errors/error.hpp"

namespace seqspan::profiles::published {

// Keys that publications give dimensions by: "hidden", "layers", ...
[[nodiscard]] const std::vector<std::string>& dimension_names();

struct ModelChoice {
  std::vector<std::string> settings;  // "model=NAME" first
  std::vector<std::string> assumptions;
  std::int64_t kv_heads = 0;
};

// `job.dimensions` before `as_run`. `notes`: texts of the file that may say more.
// Errors: kInput, without a place.
[[nodiscard]] sim::Result<ModelChoice> choose_model(
    const JobFacts& job, const std::map<std::string, std::int64_t>& as_run,
    const std::vector<std::pair<std::string, std::string>>& notes,
    const std::filesystem::path& data_root);

}  // namespace seqspan::profiles::published
