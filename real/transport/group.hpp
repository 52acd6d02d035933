// The group of one rank, out of the siblings that tile the world.
//
// Rank r of shape (size n, stride s) lies in block r / (n s) at offset r mod s; the members of its
// group are block n s + offset + i s for i < n, in this order; those of several runs run by run
// (sim/network/rank_order.hpp).
//
// Errors: kInput where the shape does not tile the world.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/errors/error.hpp"
#include "sim/network/rank_order.hpp"

namespace seqspan::real {

struct Group {
  sim::GroupShape shape;
  std::int64_t color = 0;             // equal for members, different between siblings
  std::int64_t index = 0;             // of this rank in `members`
  std::vector<std::int64_t> members;  // ranks of the world

  [[nodiscard]] std::int64_t size() const { return shape.size; }
  // Indices in the group; a ring wraps.
  [[nodiscard]] std::int64_t successor() const { return (index + 1) % size(); }
  [[nodiscard]] std::int64_t predecessor() const { return (index + size() - 1) % size(); }
};

[[nodiscard]] sim::Result<Group> group_of(const sim::GroupShape& shape, std::int64_t rank,
                                          std::int64_t world_size);

// "ranks 0, 2, 4, 6"; "rank 3"; "no rank"; beyond 16 the rest is counted.
[[nodiscard]] std::string list_ranks(const std::vector<std::int64_t>& ranks);

}  // namespace seqspan::real
