// Which ranks form the groups of an axis.
//
//   ulysses_inner   rank = tp + t (cp + c (dp + DP pp)), cp = ulysses + u ring: Megatron's default
//                   order 'tp-cp-ep-dp-pp' (Megatron-LM megatron/core/parallel_state.py,
//                   RankGenerator)
//   ring_inner      the same with cp = ring + r ulysses
//   pipeline_inner  rank = tp + t (cp + c (pp + PP dp)), cp = ulysses + u ring: its order
//                   'tp-cp-ep-pp-dp', --use-tp-pp-dp-mapping
// Experts divide the ranks of one pipeline stage anew: etp fastest, then ep, then expert data
// parallel; the pipeline groups of both grids are the same. With pipeline_inner that asks for as
// many replicas of experts as of the rest, E = etp ep = t c: stages lie t c and E ranks apart.
// Rank i runs on GPU i of the cluster.
#pragma once

#include <compare>
#include <cstdint>

#include "sim/program/op.hpp"
#include "sim/spec/layout.hpp"

namespace seqspan::sim {

// Groups of `size` ranks: `runs` runs, `run_stride` apart, of ranks that lie `stride` apart. One
// run is the usual case; two factors come of ranks of a replica and replicas that have the stages
// of a pipeline between them. Siblings tile the world: every tile() consecutive ranks hold
// siblings() interleaved groups. With several runs, run_stride is a multiple of run() x stride.
struct GroupShape {
  std::int64_t size = 1;
  std::int64_t stride = 1;
  std::int64_t runs = 1;
  std::int64_t run_stride = 0;  // 0: one run

  [[nodiscard]] std::int64_t run() const { return size / runs; }
  // Consecutive ranks that the runs of interleaved siblings fill.
  [[nodiscard]] std::int64_t block() const { return run() * stride; }
  [[nodiscard]] std::int64_t tile() const { return runs == 1 ? block() : runs * run_stride; }
  [[nodiscard]] std::int64_t siblings() const { return tile() / size; }
  // First rank of a sibling, in its tile.
  [[nodiscard]] std::int64_t first(std::int64_t sibling) const {
    return sibling / stride * block() + sibling % stride;
  }
  // How far member i is from the first. Ascends with i.
  [[nodiscard]] std::int64_t offset(std::int64_t i) const {
    return i / run() * run_stride + i % run() * stride;
  }
  // Which member of its group a rank is.
  [[nodiscard]] std::int64_t index_of(std::int64_t rank) const {
    const std::int64_t in_run = rank / stride % run();
    return runs == 1 ? in_run : in_run + rank / run_stride % runs * run();
  }

  auto operator<=>(const GroupShape&) const = default;  // NOLINT(modernize-use-nullptr)
};

[[nodiscard]] GroupShape group_shape(Axis axis, const Layout& layout);

// Whether a layout with stages may be placed pipeline_inner: Megatron-LM asserts that experts have
// as many replicas as the rest. A dense model counts as one of etp = tp and ep = 1.
[[nodiscard]] bool replicas_agree(const Layout& layout, bool has_experts);

}  // namespace seqspan::sim
