// Which ranks form the groups of an axis.
//
// rank = tp + t (cp + c (dp + DP pp)), Megatron's default order 'tp-cp-ep-dp-pp'
// (Megatron-LM megatron/core/parallel_state.py, RankGenerator). Inside the context parallel index,
//   ulysses_inner: cp = ulysses + u ring      ring_inner: cp = ring + r ulysses.
// Experts divide the ranks of one pipeline stage anew: etp fastest, then ep, then expert data
// parallel; the pipeline groups of both grids are the same.
// Rank i runs on GPU i of the cluster.
#pragma once

#include <cstdint>

#include "sim/program/op.hpp"
#include "sim/spec/layout.hpp"

namespace seqspan::sim {

// Groups of `size` ranks that lie `stride` apart. Siblings tile the world: every size x stride
// consecutive ranks hold `stride` interleaved groups.
struct GroupShape {
  std::int64_t size = 1;
  std::int64_t stride = 1;

  bool operator==(const GroupShape&) const = default;
};

[[nodiscard]] GroupShape group_shape(Axis axis, const Layout& layout);

}  // namespace seqspan::sim
