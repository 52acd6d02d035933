#include "sim/errors/quote.hpp"

#include <fmt/format.h>

namespace seqspan::sim {

std::string printable(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f) {
      result += c;
    } else {
      result += fmt::format("\\x{:02x}", byte);
    }
  }
  return result;
}

std::string quote(std::string_view text) {
  constexpr std::size_t kLongest = 60;
  return fmt::format("'{}{}'", printable(text.substr(0, kLongest)),
                     text.size() > kLongest ? "..." : "");
}

}  // namespace seqspan::sim
