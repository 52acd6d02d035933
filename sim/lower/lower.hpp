// A job and a layout become a Program: the only place where a parallelism method, a framework's
// habits and a model's shapes meet.
#pragma once

#include "sim/program/program.hpp"
#include "sim/spec/job.hpp"

namespace seqspan::sim {

// Writes the program of `layout` into `program`, reusing its memory. The layout must be legal for
// the job (sim/layout/legality.hpp). It is the program of the step: that of the rank which works
// and stores most, the last one of a ring (attention/ring.hpp), the first one where it gathers all
// keys (attention/all_gather.hpp).
void lower(const Job& job, const Layout& layout, Program& program);
// Writes which parts each stage of `layout` runs, how many stages, chunks and micro-batches there
// are, and nothing else. The program is that of the layout where its parts were lowered for one
// that differs in vpp alone; else its parts are still those of another. Not for attention alone.
void lower_stages(const Job& job, const Layout& layout, Program& program);
// That rank.
[[nodiscard]] std::int64_t deciding_ring_rank(const Layout& layout);
// Whether its ring's ranks run different ops: under the causal contiguous order, where a rank works
// at as many hops as its number says. Under the other orders, and where keys are gathered, the same
// ops run on all; rows, partial outputs and scratch of single ops differ.
[[nodiscard]] bool ring_ranks_differ(const Job& job, const Layout& layout);
// The program of another rank of its ring, for execution and traces.
void lower_for(const Job& job, const Layout& layout, std::int64_t ring_rank, Program& program);

}  // namespace seqspan::sim
