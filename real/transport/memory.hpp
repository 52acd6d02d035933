// A piece of a transport's memory, host or device: only copies and exchanges may touch device
// memory, so an address here is not to be read through.
#pragma once

#include <cstddef>

#include "sim/units/units.hpp"

namespace seqspan::real {

struct Memory {
  std::byte* address = nullptr;
  sim::Bytes size;

  [[nodiscard]] bool empty() const { return size == sim::Bytes(0); }
  // `length` bytes from `offset` on. Whether they lie inside is checked where they are used.
  [[nodiscard]] Memory part(sim::Bytes offset, sim::Bytes length) const {
    return {address + offset.value(), length};
  }
  [[nodiscard]] const std::byte* end() const { return address + size.value(); }
  [[nodiscard]] bool overlaps(const Memory& other) const {
    return !empty() && !other.empty() && address < other.end() && other.address < end();
  }

  bool operator==(const Memory&) const = default;
};

}  // namespace seqspan::real
