#include "planner/longest_sequence.hpp"

#include "sim/layout/resolve.hpp"

namespace seqspan::planner {
namespace {

constexpr std::int64_t kShortestUnit = 1024;

// The job with sequences of another length.
class Lengths {
 public:
  Lengths(const sim::Job& job, const sim::LayoutChoice& choice) : job_(job), choice_(choice) {}

  // What the stage that needs most holds.
  sim::Result<sim::StageMemory> memory(std::int64_t tokens) {
    job_.training.sequence_length = tokens;
    const auto layout = sim::resolve_legal(job_, choice_);
    if (!layout) return tl::unexpected(layout.error());
    sim::Simulator simulator(job_);
    if (auto ok = simulator.check(); !ok) return tl::unexpected(ok.error());
    return simulator.simulate(*layout).peak;
  }
  [[nodiscard]] bool fits(const sim::StageMemory& memory) const {
    return memory.peak <= job_.cluster.device.memory;
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
    const auto memory = lengths.memory(units * found.unit);
    if (!memory) return tl::unexpected(memory.error());
    if (lengths.fits(*memory)) {
      fitting = units;
      found.memory = *memory;
    } else {
      over = units;
      found.next = units * found.unit;
      found.next_peak = memory->peak;
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
