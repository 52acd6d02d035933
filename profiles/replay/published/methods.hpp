// Distributed attention alone: methods by their published names, and their rows.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "profiles/replay/published/format.hpp"

namespace seqspan::profiles::published {

// Whether the file is of attention alone: its rows have figures by method.
[[nodiscard]] bool is_of_attention(const FileFacts& file);

// Forward and backward of one method on as many GPUs are one row. Appends rows and assumptions.
void add_attention_rows(const FileFacts& file, const std::filesystem::path& data_root,
                        ReplayCase& target);

}  // namespace seqspan::profiles::published
