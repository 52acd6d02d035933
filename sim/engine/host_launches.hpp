// How long the host takes to issue what a GPU runs: one CPU thread calls every op of a phase.
//
//   host = products x module_overhead x host.product + attentions x module_overhead x
//   host.attention
//          + passes x calls_per_pass x host.pass + collectives x host.collective
//          + sharded x host.sharding
// Counted over one phase (forward, or backward with what it computes again) of one micro-batch on
// one stage; loops count as often as they run. `sharded` are gathers of parameters and reductions
// of gradients that run in every micro-batch, with the hooks of FSDP and ZeRO around them. Ops that
// run no kernel cost nothing. host.*: DeviceProfile::host; the factors: FrameworkTraits::host.
//
// The host runs ahead of the GPU, so issuing costs nothing while it is faster:
//   a pipeline      each phase = max(GPU, host): every hand-over waits for the device (Megatron-LM
//                   batch_p2p_sync), and the lead is gone
//   one stage       forward + backward = max(GPU, host), both of the two phases together: what
//                   forward leads backward uses, and the next micro-batch what backward leads
// What the GPU takes longer counts as waiting for the host: first of forward, as far as forward
// alone is behind. docs/models/time.md has what that leaves out.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sim/engine/schedule_clock.hpp"
#include "sim/formula/formula.hpp"
#include "sim/formula/numbers.hpp"
#include "sim/lower/framework_traits.hpp"
#include "sim/program/program.hpp"
#include "sim/spec/device.hpp"

namespace seqspan::sim {

// What the host calls, by what a call costs.
struct HostCalls {
  std::int64_t products = 0;
  std::int64_t attentions = 0;
  std::int64_t passes = 0;
  std::int64_t collectives = 0;
  std::int64_t sharded = 0;

  // Adds `calls`, `times` times.
  void add(const HostCalls& calls, std::int64_t times);
};

// Of forward and backward.
struct PhaseCalls {
  HostCalls forward;
  HostCalls backward;
};

template <class Numbers>
[[nodiscard]] NumberOf<Numbers, Seconds> host_seconds(const Numbers& in,
                                                      const DeviceProfile& device,
                                                      const HostTraits& traits,
                                                      const HostCalls& calls);

// Forward and backward of one micro-batch on one stage.
template <class Numbers>
struct PhaseSecondsOf {
  NumberOf<Numbers, Seconds> forward;
  NumberOf<Numbers, Seconds> backward;
};
using PhaseSeconds = PhaseSecondsOf<Plain>;

// What the GPU waits for the host in each phase; `pipelined`: several stages.
[[nodiscard]] PhaseSeconds waits_for_host(const PhaseSeconds& gpu, const PhaseSeconds& host,
                                          bool pipelined);

// Of one program: what the host takes for the phases of each stage.
class HostLaunches {
 public:
  // The device and the traits must outlive this; keeps its capacity. A device without `host` gives
  // a host that takes no time.
  void read(const DeviceProfile& device, const HostTraits& traits, const Program& program);

  [[nodiscard]] bool known() const { return !parts_.empty(); }
  // What every micro-batch calls for one part; nothing where the host takes no time.
  [[nodiscard]] PhaseCalls every(std::size_t part) const;
  [[nodiscard]] PhaseSeconds seconds(const Program& program, const StageClass& stage,
                                     MicroBatchPosition position) const;
  // The same, as formulas: how long one micro-batch takes with its host, where the GPU alone takes
  // `gpu`. Forward and backward in a pipeline, else both together.
  [[nodiscard]] std::vector<Formula> explain(const Program& program, const StageClass& stage,
                                             const PhaseSeconds& gpu) const;

 private:
  // Calls of every micro-batch, and what the first and the last make more.
  struct BlockCalls {
    HostCalls every;
    HostCalls first;
    HostCalls last;
  };
  struct PartCalls {
    BlockCalls forward;
    BlockCalls backward;
  };

  [[nodiscard]] static BlockCalls calls_of(const Program& program, const Block& block);
  [[nodiscard]] HostCalls calls_of(const Program& program, const StageClass& stage,
                                   BlockCalls PartCalls::*phase, MicroBatchPosition position) const;

  const DeviceProfile* device_ = nullptr;
  HostTraits traits_{};
  std::vector<PartCalls> parts_;  // by part of the program; empty: the host takes no time
};

}  // namespace seqspan::sim
