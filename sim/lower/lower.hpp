// A job and a layout become a Program: the only place where a parallelism method, a framework's
// habits and a model's shapes meet.
#pragma once

#include "sim/program/program.hpp"
#include "sim/spec/job.hpp"

namespace seqspan::sim {

// Writes the program of `layout` into `program`, reusing its memory. The layout must be legal for
// the job (sim/layout/legality.hpp).
void lower(const Job& job, const Layout& layout, Program& program);

}  // namespace seqspan::sim
