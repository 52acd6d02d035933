// Runs blocks on the streams of one rank: an op starts when its stream is free and what it reads is
// there.
//
// Iterations of a loop, and repetitions of a block, settle into a rhythm: once two in a row move
// every clock they touch by the same amounts, the rest is added without running it. A repetition
// that moves all of them by one time leaves the next one what it found itself, and is enough alone.
// A step therefore costs the same to read for 10 layers or 100.
//
// Communications of different streams that run at the same time share the links
// (link_sharing.hpp).
//
// While compute waits for a communication that is its input, the wait is charged to that op
// (exposed communication); what runs under compute is charged to nobody. What compute itself takes
// longer beside communication is charged to the compute op.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "sim/engine/link_sharing.hpp"
#include "sim/program/program.hpp"

namespace seqspan::sim {

// One execution of an op as the clock ran it, beside all else that ran.
struct TimedOp {
  std::uint32_t op = 0;          // of the program
  std::uint32_t repetition = 0;  // of its block
  std::uint32_t iteration = 0;   // of its loop
  double start = 0;              // seconds from restart
  double end = 0;
  double ready = 0;  // when it would have started without other ranks: follow()
};

// Whether all ranks of a ring take part in it: hops, and what is shared over data and context
// parallel ranks.
[[nodiscard]] bool joins_ring(const Op& op);

// Which ops of a block run.
struct MicroBatchPosition {
  bool first = false;
  bool last = false;

  [[nodiscard]] bool runs(When when) const {
    return when == When::kEvery || (when == When::kFirstMicroBatch && first) ||
           (when == When::kLastMicroBatch && last);
  }
};

class ScheduleClock {
 public:
  // Durations alone, and the parts of the links that the op uses, by op of the program; all must
  // outlive the clock's use. No uses: nothing shares a link.
  void begin(const Program& program, std::span<const Seconds> durations,
             std::span<const LinkUse> uses = {});

  // From here on every op that runs is noted in `log`, in the order of issue, and every repetition
  // and iteration is run for it; nullptr: no more.
  void record(std::vector<TimedOp>* log) { log_ = log; }

  // From the next restart on, what all ranks of the ring take part in starts no sooner than
  // `starts` says, in the order of issue: on another rank, which is later (rank_timelines.hpp).
  // They must outlive the clock's use; none: no other rank is waited for.
  void follow(std::span<const double> starts) { others_ = starts; }
  // Compute runs nothing more until then.
  void hold_compute(double until);
  // Whether waits are charged to ops, which exposed() tells; else it is empty, and the rest is the
  // same and sooner there. They are unless this is said.
  void count_waits(bool counts) {
    counts_waits_ = counts;
    size_waits();
  }

  // Sets every clock to zero and forgets the exposed times.
  void restart(MicroBatchPosition position);
  // Runs the block `count` times, its outputs feeding its inputs; the first run takes its inputs
  // from what ran before.
  void run(const Block& block, std::int64_t count);

  // When compute and all streams that compute waits for are done.
  [[nodiscard]] Seconds compute_end() const;
  // When the last stream is done.
  [[nodiscard]] Seconds end() const;
  // When the last stream but `stream` is done.
  [[nodiscard]] Seconds end_without(Stream stream) const;
  // Time that compute waited for each communication, and that each compute op took longer beside
  // communications, by op of the program, since restart.
  [[nodiscard]] std::span<const double> exposed() const { return now_.exposed; }

  // Remembers where all clocks are, and goes back there; for a micro-batch that is like the one
  // before so far.
  void save() { saved_ = now_; }
  void go_back(MicroBatchPosition position) {
    now_ = saved_;
    position_ = position;
  }
  // What runs from here takes as long as from the saved state: what is on its way beside compute
  // arrives as long after it.
  [[nodiscard]] bool as_saved() const;

 private:
  using Clocks = std::array<double, kStreamCount>;

  void size_waits();
  void run_once(const Block& block);
  void run_op(std::size_t index);
  // Charges the wait to the op that wrote what came last.
  void charge_wait(const Op& op, double from, double until);
  // When the transfer of a communication ends; those that it delays are moved.
  double run_transfer(std::size_t index, double start);
  void move_on(Stream stream, double seconds);
  // When a communication that is ready then starts: with the other rank's.
  [[nodiscard]] double start_with_others(double ready);
  // Of the op that is under way, in the log.
  void note_delay(const LinkSharing::Delay& delay);
  void run_loop(const Loop& loop);
  void hand_over(const Block& block);
  [[nodiscard]] bool moved_as_one(const Clocks& step, std::span<const double> handed_before) const;

  // Where all streams are, and what is ready when.
  struct State {
    Clocks free{};
    LinkSharing sharing;
    std::vector<double> ready;          // by tensor
    std::vector<std::uint32_t> writer;  // by tensor: the op that made it ready
    std::vector<double> exposed;        // by op
    // Ready times of what one block hands to the next, in the order of its outputs.
    std::array<double, Operands::kCapacity> handed_ready{};
    std::array<std::uint32_t, Operands::kCapacity> handed_writer{};
    std::size_t handed = 0;
  };

  const Program* program_ = nullptr;
  std::span<const Seconds> durations_;
  std::span<const LinkUse> uses_;
  MicroBatchPosition position_;
  State now_;
  State saved_;
  std::uint32_t touched_ = 0;         // streams that this repetition of a block ran ops on, by bit
  std::vector<double> before_loop_;   // exposed before an iteration of a loop
  std::vector<double> before_block_;  // exposed before a repetition of a block
  bool counts_waits_ = true;
  std::vector<TimedOp>* log_ = nullptr;
  std::span<const double> others_;  // follow()
  std::size_t next_of_others_ = 0;
  std::int64_t repetition_ = 0;
  std::int64_t iteration_ = 0;
};

}  // namespace seqspan::sim
