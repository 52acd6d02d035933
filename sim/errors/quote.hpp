// Text of the user inside a message: printable, and short where it is quoted.
#pragma once

#include <string>
#include <string_view>

namespace seqspan::sim {

// Control characters and bytes that are not ASCII written as \xNN.
[[nodiscard]] std::string printable(std::string_view text);

// 'text', printable, with everything after 60 characters as "...".
[[nodiscard]] std::string quote(std::string_view text);

}  // namespace seqspan::sim
