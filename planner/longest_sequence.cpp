#include "planner/longest_sequence.hpp"

#include "sim/layout/resolve.hpp"

namespace seqspan::planner {
namespace {

constexpr std::int64_t kShortestUnit = 1024;

// The job with sequences of another length.
class Lengths {
 public:
  Lengths(const sim::Job& job, const sim::LayoutChoice& choice) : job_(job), choice_(choice) {}

  // Memory of the card and of the host.
  sim::Result<sim::Simulation> simulate(std::int64_t tokens) {
    job_.training.sequence_length = tokens;
    const auto layout = sim::resolve_legal(job_, choice_);
    if (!layout) return tl::unexpected(layout.error());
    sim::Simulator simulator(job_);
    if (auto ok = simulator.check(); !ok) return tl::unexpected(ok.error());
    return simulator.simulate(*layout);
  }

 private:
  sim::Job job_;
  const sim::LayoutChoice& choice_;
};

}  // namespace

sim::Result<LongestSequence> longest_sequence(const sim::Job& job,
                                              const sim::LayoutChoice& choice) {
  const sim::Layout layout = sim::resolve(job, choice);
  const std::int64_t divided = 2 * layout.cp() * layout.tp;
  LongestSequence found;
  found.unit = divided * ((kShortestUnit + divided - 1) / divided);
  Lengths lengths(job, choice);
  // In units: `fitting` fits, `over` does not.
  std::int64_t fitting = 0;
  std::int64_t over = kLongestPossible / found.unit + 1;
  const auto try_length = [&](std::int64_t units) -> sim::Result<void> {
    const auto simulation = lengths.simulate(units * found.unit);
    if (!simulation) return tl::unexpected(simulation.error());
    if (simulation->fits) {
      fitting = units;
      found.memory = simulation->peak;
    } else {
      over = units;
      found.next = units * found.unit;
      found.next_peak = simulation->peak.peak;
    }
    return {};
  };
  for (std::int64_t units = 1; units < over; units *= 2) {
    if (auto tried = try_length(units); !tried) return tl::unexpected(tried.error());
  }
  while (over - fitting > 1) {
    if (auto tried = try_length(fitting + (over - fitting) / 2); !tried) {
      return tl::unexpected(tried.error());
    }
  }
  found.tokens = fitting * found.unit;
  return found;
}

}  // namespace seqspan::planner
