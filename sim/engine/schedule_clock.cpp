#include "sim/engine/schedule_clock.hpp"

#include <algorithm>
#include <cmath>

namespace seqspan::sim {
namespace {

constexpr std::uint32_t kNoOp = static_cast<std::uint32_t>(-1);
// Two iterations count as alike when no clock's step differs by more than this share of it.
constexpr double kSameStep = 1e-12;

template <class Clocks>
Clocks steps(const Clocks& before, const Clocks& after) {
  Clocks result{};
  for (std::size_t i = 0; i < result.size(); ++i) result[i] = after[i] - before[i];
  return result;
}

bool alike(double a, double b) {
  return std::abs(a - b) <= kSameStep * std::max(std::abs(a), std::abs(b));
}

template <class Clocks>
bool alike(const Clocks& a, const Clocks& b) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!alike(a[i], b[i])) return false;
  }
  return true;
}

}  // namespace

bool joins_ring(const Op& op) {
  const auto* work = std::get_if<Communication>(&op.work);
  if (work == nullptr) return false;
  return work->axis == Axis::kRing || work->axis == Axis::kShard ||
         work->axis == Axis::kExpertShard;
}

void ScheduleClock::begin(const Program& program, std::span<const Seconds> durations,
                          std::span<const LinkUse> uses) {
  program_ = &program;
  durations_ = durations;
  uses_ = uses;
  now_.ready.resize(program.tensors.size());
  now_.writer.resize(program.tensors.size());
  size_waits();
}

void ScheduleClock::size_waits() {
  const std::size_t size = counts_waits_ && program_ != nullptr ? program_->ops.size() : 0;
  now_.exposed.resize(size);
  before_loop_.resize(size);
  before_block_.resize(size);
}

void ScheduleClock::restart(MicroBatchPosition position) {
  position_ = position;
  repetition_ = 0;
  iteration_ = 0;
  next_of_others_ = 0;
  now_.free.fill(0);
  now_.sharing.clear();
  std::fill(now_.ready.begin(), now_.ready.end(), 0.0);
  std::fill(now_.writer.begin(), now_.writer.end(), kNoOp);
  std::fill(now_.exposed.begin(), now_.exposed.end(), 0.0);
  now_.handed = 0;
}

void ScheduleClock::charge_wait(const Op& op, double from, double until) {
  for (const TensorId id : op.reads) {
    if (now_.ready[index_of(id)] != until) continue;
    const std::uint32_t cause = now_.writer[index_of(id)];
    if (cause != kNoOp) now_.exposed[cause] += until - from;
    return;
  }
}

void ScheduleClock::run_op(std::size_t index) {
  const Op& op = program_->ops[index];
  if (!position_.runs(op.when)) return;
  double& free = now_.free[static_cast<std::size_t>(op.stream)];
  double start = free;
  for (const TensorId id : op.reads) start = std::max(start, now_.ready[index_of(id)]);
  const double ready = start;
  if (counts_waits_ && op.stream == Stream::kCompute && start > free) charge_wait(op, free, start);
  touched_ |= 1U << static_cast<unsigned>(op.stream);
  const double duration = durations_[index].value();
  const bool alone = uses_.empty();
  double end = start + duration;
  if (op.stream != Stream::kCompute) {
    if (!others_.empty() && joins_ring(op)) {
      start = start_with_others(ready);
      end = start + duration;
    }
    if (!alone) end = run_transfer(index, start);
  } else if (!alone && now_.sharing.meets(start) && !uses_host(op)) {
    const double slowed = now_.sharing.compute_end(start, duration);
    if (counts_waits_) now_.exposed[index] += slowed - end;
    end = slowed;
  }
  free = end;
  if (log_ != nullptr) {
    log_->push_back({static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(repetition_),
                     static_cast<std::uint32_t>(iteration_), start, end, ready});
  }
  for (const TensorId id : op.writes) {
    now_.ready[index_of(id)] = end;
    now_.writer[index_of(id)] = static_cast<std::uint32_t>(index);
  }
}

double ScheduleClock::start_with_others(double ready) {
  const std::size_t index = next_of_others_++;
  return index < others_.size() ? std::max(ready, others_[index]) : ready;
}

void ScheduleClock::hold_compute(double until) {
  double& compute = now_.free[static_cast<std::size_t>(Stream::kCompute)];
  compute = std::max(compute, until);
}

double ScheduleClock::run_transfer(std::size_t index, double start) {
  const Stream stream = program_->ops[index].stream;
  const double end = now_.sharing.start(stream, static_cast<std::uint32_t>(index), start,
                                        durations_[index].value(), uses_[index]);
  for (const LinkSharing::Delay& delay : now_.sharing.delays()) {
    double& free = now_.free[static_cast<std::size_t>(delay.stream)];
    if (free == delay.before) free = delay.after;
    if (log_ != nullptr) note_delay(delay);
    for (const TensorId id : program_->ops[delay.op].writes) {
      if (now_.writer[index_of(id)] == delay.op && now_.ready[index_of(id)] == delay.before) {
        now_.ready[index_of(id)] = delay.after;
      }
    }
  }
  return end;
}

void ScheduleClock::note_delay(const LinkSharing::Delay& delay) {
  const auto moved = std::find_if(log_->rbegin(), log_->rend(), [&](const TimedOp& timed) {
    return timed.op == delay.op && timed.end == delay.before;
  });
  if (moved != log_->rend()) moved->end = delay.after;
}

void ScheduleClock::move_on(Stream stream, double seconds) {
  now_.free[static_cast<std::size_t>(stream)] += seconds;
  now_.sharing.shift(stream, seconds);
}

void ScheduleClock::run_loop(const Loop& loop) {
  Clocks last_step{};
  for (std::int64_t done = 0; done < loop.times;) {
    const Clocks before = now_.free;
    if (counts_waits_) {
      std::copy_n(now_.exposed.begin() + static_cast<std::ptrdiff_t>(loop.first), loop.count,
                  before_loop_.begin() + static_cast<std::ptrdiff_t>(loop.first));
    }
    iteration_ = done;
    for (std::size_t i = loop.first; i < loop.first + loop.count; ++i) run_op(i);
    for (std::size_t i = 0; i < loop.carry_count; ++i) {
      now_.ready[index_of(loop.carries[i].to)] = now_.ready[index_of(loop.carries[i].from)];
      now_.writer[index_of(loop.carries[i].to)] = now_.writer[index_of(loop.carries[i].from)];
    }
    ++done;
    const Clocks step = steps(before, now_.free);
    if (log_ == nullptr && done > 1 && done < loop.times && alike(step, last_step)) {
      const auto rest = static_cast<double>(loop.times - done);
      for (std::size_t i = 0; i < now_.free.size(); ++i)
        move_on(static_cast<Stream>(i), rest * step[i]);
      for (std::size_t i = loop.first; i < loop.first + loop.count; ++i) {
        const Op& op = program_->ops[i];
        const double shift = rest * step[static_cast<std::size_t>(op.stream)];
        // Of two ops that write a tensor, the later one made it ready.
        for (const TensorId id : op.writes) {
          if (now_.writer[index_of(id)] == i) now_.ready[index_of(id)] += shift;
        }
        if (counts_waits_) now_.exposed[i] += rest * (now_.exposed[i] - before_loop_[i]);
      }
      for (std::size_t i = 0; i < loop.carry_count; ++i) {
        now_.ready[index_of(loop.carries[i].to)] = now_.ready[index_of(loop.carries[i].from)];
      }
      return;
    }
    last_step = step;
  }
  iteration_ = 0;
}

void ScheduleClock::run_once(const Block& block) {
  std::size_t input = 0;
  for (const TensorId id : block.inputs) {
    const bool handed = input < now_.handed;
    now_.ready[index_of(id)] = handed ? now_.handed_ready[input] : 0.0;
    now_.writer[index_of(id)] = handed ? now_.handed_writer[input] : kNoOp;
    ++input;
  }
  std::size_t loop_index = block.first_loop;
  const std::size_t loop_end = block.first_loop + block.loop_count;
  for (std::size_t i = block.first_op; i < block.first_op + block.op_count;) {
    if (loop_index < loop_end && i == program_->loops[loop_index].first) {
      run_loop(program_->loops[loop_index]);
      i += program_->loops[loop_index].count;
      ++loop_index;
    } else {
      run_op(i);
      ++i;
    }
  }
  hand_over(block);
}

void ScheduleClock::hand_over(const Block& block) {
  now_.handed = 0;
  for (const TensorId id : block.outputs) {
    now_.handed_ready[now_.handed] = now_.ready[index_of(id)];
    now_.handed_writer[now_.handed] = now_.writer[index_of(id)];
    ++now_.handed;
  }
}

// Everything that the next repetition starts from has moved by the same time.
bool ScheduleClock::moved_as_one(const Clocks& step, std::span<const double> handed_before) const {
  double common = 0;
  bool known = false;
  const auto joins = [&](double moved) {
    if (!known) common = moved;
    known = true;
    return alike(moved, common);
  };
  for (std::size_t i = 0; i < step.size(); ++i) {
    if ((touched_ >> i & 1U) != 0 && !joins(step[i])) return false;
  }
  for (std::size_t i = 0; i < handed_before.size(); ++i) {
    if (!joins(now_.handed_ready[i] - handed_before[i])) return false;
  }
  return true;
}

void ScheduleClock::run(const Block& block, std::int64_t count) {
  Clocks last_step{};
  const auto first = static_cast<std::ptrdiff_t>(block.first_op);
  for (std::int64_t done = 0; done < count;) {
    const Clocks before = now_.free;
    const std::array<double, Operands::kCapacity> handed_before = now_.handed_ready;
    const std::size_t handed_count = now_.handed;
    // A run also charges waits to the op of the run before that handed its input over; that op is
    // one of this block's, except in the first repetition.
    if (counts_waits_) {
      std::copy_n(now_.exposed.begin() + first, block.op_count, before_block_.begin() + first);
    }
    touched_ = 0;
    repetition_ = done;
    run_once(block);
    ++done;
    const Clocks step = steps(before, now_.free);
    const bool settled =
        log_ == nullptr && done > 1 && done < count &&
        ((done > 2 && alike(step, last_step)) ||
         (now_.handed == handed_count && moved_as_one(step, {handed_before.data(), now_.handed})));
    if (settled) {
      const auto rest = static_cast<double>(count - done);
      for (std::size_t i = 0; i < now_.free.size(); ++i)
        move_on(static_cast<Stream>(i), rest * step[i]);
      for (std::size_t i = 0; i < std::min(now_.handed, handed_count); ++i) {
        now_.handed_ready[i] += rest * (now_.handed_ready[i] - handed_before[i]);
      }
      if (!counts_waits_) return;
      for (std::size_t i = block.first_op; i < block.first_op + block.op_count; ++i) {
        now_.exposed[i] += rest * (now_.exposed[i] - before_block_[i]);
      }
      return;
    }
    last_step = step;
  }
}

bool ScheduleClock::as_saved() const {
  constexpr auto kCompute = static_cast<std::size_t>(Stream::kCompute);
  const auto as_late = [this](double now, double saved) {
    const double late = now - now_.free[kCompute];
    const double late_then = saved - saved_.free[kCompute];
    return (late <= 0 && late_then <= 0) || std::abs(late - late_then) <= kSameStep * now;
  };
  for (std::size_t i = 0; i < now_.free.size(); ++i) {
    if (!as_late(now_.free[i], saved_.free[i])) return false;
  }
  for (std::size_t i = 0; i < now_.handed; ++i) {
    if (!as_late(now_.handed_ready[i], saved_.handed_ready[i])) return false;
  }
  return now_.handed == saved_.handed;
}

Seconds ScheduleClock::compute_end() const {
  // Hidden states may still be on their way over TP when compute is done.
  double end = now_.free[static_cast<std::size_t>(Stream::kCompute)];
  if (now_.handed > 0) end = std::max(end, now_.handed_ready[0]);
  return Seconds(end);
}

Seconds ScheduleClock::end_without(Stream stream) const {
  double end = 0;
  for (std::size_t i = 0; i < now_.free.size(); ++i) {
    if (static_cast<Stream>(i) != stream) end = std::max(end, now_.free[i]);
  }
  return Seconds(end);
}

Seconds ScheduleClock::end() const {
  return Seconds(
      std::max(*std::max_element(now_.free.begin(), now_.free.end()), compute_end().value()));
}

}  // namespace seqspan::sim
