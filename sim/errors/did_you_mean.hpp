// Suggestions for misspelt names.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace seqspan::sim {

// The known name nearest to `name` by edit distance (insert, delete, replace, swap of neighbours),
// the first of equals; empty when none is within a third of the name's length.
[[nodiscard]] std::string nearest_name(std::string_view name, std::span<const std::string> known);

// "did you mean 'ulysses'?", or "known keys: a, b, c" when nothing is near.
// `plural`: what the names are, "keys".
[[nodiscard]] std::string did_you_mean(std::string_view name, std::span<const std::string> known,
                                       std::string_view plural);

}  // namespace seqspan::sim
