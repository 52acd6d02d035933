// The live allocations of a transport: what lies in none of them is refused before a library or a
// kernel reads or writes it.
//
// Errors: kInput, with `where` given by the caller.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>

#include "real/transport/memory.hpp"
#include "sim/errors/error.hpp"

namespace seqspan::real {

class MemoryBook {
 public:
  void add(const Memory& memory);
  // Only a whole allocation can be removed, and once.
  [[nodiscard]] sim::Result<void> remove(const Memory& memory);
  // Whether the piece lies inside one live allocation. An empty piece always does.
  [[nodiscard]] sim::Result<void> check(const Memory& piece, const std::string& where) const;

  [[nodiscard]] std::size_t count() const { return live_.size(); }
  [[nodiscard]] sim::Bytes bytes() const;

 private:
  std::map<const std::byte*, sim::Bytes, std::less<>> live_;  // by address
};

}  // namespace seqspan::real
