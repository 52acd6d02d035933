// What `profile run --job` measures: the exchanges of one layout's program, in the groups that they
// run in, all siblings at once, at their sizes and at half and twice these, so that a curve passes
// through the size itself.
//
// The ranks at hand may be fewer than the layout's. A shape of groups is measured where it tiles
// them: size x stride divides their number. Fewer siblings than the layout's share the links then.
// What cannot be measured is left out with a line that says why.
#pragma once

#include <string>
#include <vector>

#include "real/measure/sweep.hpp"
#include "sim/program/program.hpp"
#include "sim/spec/layout.hpp"

namespace seqspan::real {

struct JobExchange {
  sim::Collective collective = sim::Collective::kAllGather;
  sim::Axis axis = sim::Axis::kTensor;  // the first of those that run it
  sim::GroupShape shape;
  sim::Bytes size;  // sim::Communication::bytes

  bool operator==(const JobExchange&) const = default;
};

// Each kind once, in the order of the program; groups of one rank exchange nothing.
[[nodiscard]] std::vector<JobExchange> exchanges_of(const sim::Program& program,
                                                    const sim::Layout& layout);

struct JobSweep {
  std::vector<SweepPoint> points;     // sizes grow fastest last
  std::vector<std::string> left_out;  // "groups of 16 ranks (tp): there are 8 ranks"
};

// `hosts` by rank; sizes above `largest` are left out.
[[nodiscard]] JobSweep job_sweep(const std::vector<std::string>& hosts,
                                 const std::vector<JobExchange>& exchanges, sim::Bytes largest);

}  // namespace seqspan::real
