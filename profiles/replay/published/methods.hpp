// Methods of distributed attention by their published names, as rows of a replay case.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "profiles/replay/published/format.hpp"
#include "sim/errors/error.hpp"

namespace seqspan::profiles::published {

// Everything of a row but what was measured. `gpus`: on how many, but for methods of one GPU.
// Errors: kInput, without a place: a method, mask or GPU that is not modelled.
[[nodiscard]] sim::Result<ReplayRow> row_of_method(const FileFacts& file, const RowFacts& facts,
                                                   const std::string& name, std::int64_t gpus,
                                                   const std::filesystem::path& data_root,
                                                   std::vector<std::string>& assumptions);

}  // namespace seqspan::profiles::published
