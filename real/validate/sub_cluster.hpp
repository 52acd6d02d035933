// A plan on fewer ranks than it has: what of it can be run, and what it is compared with.
#pragma once

#include <cstdint>
#include <optional>

#include "sim/program/op.hpp"
#include "sim/spec/cluster.hpp"
#include "sim/spec/job.hpp"
#include "sim/spec/layout.hpp"

namespace seqspan::real {

// The cluster that `ranks` ranks on `hosts` hosts are: the plan's own where they fit it, else as
// many nodes as hosts, with the NICs of so many of its GPUs.
[[nodiscard]] sim::Cluster cluster_at_hand(const sim::Cluster& cluster, std::int64_t ranks,
                                           std::int64_t hosts);

// A layout of `ranks` ranks whose groups of this axis have as many members as the plan's, or the
// most that divide both that and the ranks, as far apart as in the plan if they can be. Nothing
// where that leaves one member.
[[nodiscard]] std::optional<sim::Layout> layout_of_axis(sim::Axis axis, const sim::Layout& plan,
                                                        std::int64_t ranks);

// The plan's layout with tp, Ulysses and ring degrees that divide the plan's and fit the ranks, one
// pipeline stage, and data parallelism over the rest.
[[nodiscard]] sim::Layout layout_for_numbers(const sim::Layout& plan, std::int64_t ranks);

// The job with a single small layer that the layout is legal for: the ratio of query to KV heads
// stays, experts become a dense feed-forward, and FP8 linears bf16 ones. Nothing where no small
// shape is legal.
[[nodiscard]] std::optional<sim::Job> small_job(const sim::Job& job, const sim::Layout& layout);

}  // namespace seqspan::real
