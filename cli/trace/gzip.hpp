// gzip, as far as traces need it.
#pragma once

#include <string>
#include <string_view>

#include "sim/errors/error.hpp"

namespace seqspan::cli {

// Same text, same bytes: no time and no name in the header.
[[nodiscard]] std::string gzip(std::string_view text);
[[nodiscard]] bool is_gzip(std::string_view bytes);
// Errors: kInput where the bytes are cut off or damaged, or hold more than `most` bytes.
[[nodiscard]] sim::Result<std::string> gunzip(std::string_view bytes, std::size_t most,
                                              const std::string& file);

}  // namespace seqspan::cli
