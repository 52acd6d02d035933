// SHA-256 (FIPS 180-4), which names the inputs of a result. Not for secrets.
#pragma once

#include <string>
#include <string_view>

namespace seqspan::sim {

// 64 lower-case hexadecimal digits.
[[nodiscard]] std::string sha256(std::string_view data);

}  // namespace seqspan::sim
