// A file of the published format to a replay case: docs/formats/published.md.
//
// Each row stays: translated, or left out with the reason. What the file does not say, and what
// several files of one framework leave to its sources, is an assumption of the case.
#pragma once

#include <filesystem>

#include "profiles/replay/replay_case.hpp"
#include "sim/errors/error.hpp"
#include "sim/spec/json/value.hpp"

namespace seqspan::profiles::published {

// `name`: of the case.
// Errors: kInput, located: as of read_facts, and a file none of whose rows can be compared.
[[nodiscard]] sim::Result<ReplayCase> translate(const sim::json::Value& document,
                                                const std::string& name,
                                                const std::filesystem::path& data_root);

}  // namespace seqspan::profiles::published
