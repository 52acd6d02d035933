#include "real/transport/memory_book.hpp"

#include <fmt/format.h>

namespace seqspan::real {

void MemoryBook::add(const Memory& memory) {
  if (!memory.empty()) live_[memory.address] = memory.size;
}

sim::Result<void> MemoryBook::remove(const Memory& memory) {
  if (memory.empty()) return {};
  const auto found = live_.find(memory.address);
  if (found == live_.end() || found->second != memory.size) {
    return sim::input_error(
        fmt::format("{} bytes to be freed are no live allocation", memory.size.value()), "",
        "a buffer is freed once, and as it was allocated");
  }
  live_.erase(found);
  return {};
}

sim::Result<void> MemoryBook::check(const Memory& piece, const std::string& where) const {
  if (piece.empty()) return {};
  auto after = live_.upper_bound(piece.address);
  if (after != live_.begin()) {
    const auto& [address, size] = *--after;
    if (piece.end() <= address + size.value()) return {};
  }
  return sim::input_error(
      fmt::format("{} bytes lie in no live buffer of the transport", piece.size.value()), where,
      "an exchange reads and writes what the transport allocated and has not freed");
}

sim::Bytes MemoryBook::bytes() const {
  sim::Bytes total;
  for (const auto& [address, size] : live_) total += size;
  return total;
}

}  // namespace seqspan::real
