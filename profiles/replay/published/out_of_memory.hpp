// Sentences about what did not fit, to rows: "layouts with tp=1 run out of memory at 64K".
//
// A sentence gives degrees ("tp=1"), tokens ("at 64K") and sequences ("global batch 2"); what it
// leaves out is that of the file's rows. Every split of the rest into ulysses x ring is a row.
#pragma once

#include <string>
#include <vector>

#include "profiles/replay/published/format.hpp"

namespace seqspan::profiles::published {

// Rows to be translated like those of the file, in the order of falling ulysses. `kv_heads`: of
// the model; degrees of Ulysses divide those of one tensor parallel rank. None where no sentence
// says so; a sentence that does and cannot be read is one row that is left out.
[[nodiscard]] std::vector<RowFacts> out_of_memory_rows(const FileFacts& file, std::int64_t kv_heads,
                                                       std::vector<std::string>& assumptions);

}  // namespace seqspan::profiles::published
