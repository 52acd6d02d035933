// Where the shipped configs/ and profiles/ are.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "sim/errors/error.hpp"

namespace seqspan::cli {

// True if a folder holds configs/models and profiles/devices.
[[nodiscard]] bool is_data_root(const std::filesystem::path& folder);

// `named` (SEQSPAN_DATA) if it is not empty; otherwise the first data root among the folders above
// the executable, from the inside out, and last the source tree that it was built from.
// Errors: kEnvironment when none is one.
[[nodiscard]] sim::Result<std::filesystem::path> find_data_root(
    const std::string& named, const std::filesystem::path& executable,
    const std::filesystem::path& source_tree);

// The same for this process.
[[nodiscard]] sim::Result<std::filesystem::path> data_root();

}  // namespace seqspan::cli
