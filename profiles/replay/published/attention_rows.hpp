// Rows of distributed attention alone: figures by method and number of GPUs.
#pragma once

#include <filesystem>

#include "profiles/replay/published/format.hpp"

namespace seqspan::profiles::published {

// Whether the file is of attention alone: its rows have figures by method.
[[nodiscard]] bool is_of_attention(const FileFacts& file);

// Passes of one method and job are one row. Appends rows and assumptions.
void add_attention_rows(const FileFacts& file, const std::filesystem::path& data_root,
                        ReplayCase& target);

}  // namespace seqspan::profiles::published
