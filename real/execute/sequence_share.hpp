// Which tokens of the sequence a rank holds.
//
//   ring of r, order   contiguous: [k s/r, (k+1) s/r)     striped: k, k + r, k + 2 r, ...
//                      zigzag and all-gather: chunks k and 2r-1-k of 2r
//   Ulysses inside it  the u ranks of a ring's place hold its tokens in u equal runs; or, where the
//                      loader deals zigzag rows even to Ulysses (Megatron), rank i of all c = u x r
//                      holds chunks i and 2c-1-i of 2c, which together are the ring's tokens
//                      exactly when ulysses_inner numbers the ranks, i = ulysses + u ring.
// Sources: the project's reference, sections 1.4, 2.1 and 2.5.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/lower/framework_traits.hpp"
#include "sim/spec/layout.hpp"

namespace seqspan::real {

using Positions = std::vector<std::int64_t>;

// Of a place of the ring, in the order in which its attention holds them: s/r.
[[nodiscard]] Positions ring_positions(const sim::Layout& layout, std::int64_t sequence,
                                       std::int64_t ring_index);

// Of one rank, in its order: s/c.
[[nodiscard]] Positions rank_positions(const sim::Layout& layout,
                                       const sim::FrameworkTraits& traits, std::int64_t sequence,
                                       std::int64_t ulysses_index, std::int64_t ring_index);

}  // namespace seqspan::real
