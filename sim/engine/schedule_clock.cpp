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

void ScheduleClock::begin(const Program& program, std::span<const Seconds> durations,
                          std::span<const LinkUse> uses) {
  program_ = &program;
  durations_ = durations;
  uses_ = uses;
  ready_.resize(program.tensors.size());
  writer_.resize(program.tensors.size());
  exposed_.resize(program.ops.size());
  before_loop_.resize(program.ops.size());
  before_block_.resize(program.ops.size());
}

void ScheduleClock::restart(MicroBatchPosition position) {
  position_ = position;
  free_.fill(0);
  sharing_.clear();
  std::fill(ready_.begin(), ready_.end(), 0.0);
  std::fill(writer_.begin(), writer_.end(), kNoOp);
  std::fill(exposed_.begin(), exposed_.end(), 0.0);
  handed_ = 0;
}

void ScheduleClock::charge_wait(const Op& op, double from, double until) {
  for (const TensorId id : op.reads) {
    if (ready_[index_of(id)] != until) continue;
    const std::uint32_t cause = writer_[index_of(id)];
    if (cause != kNoOp) exposed_[cause] += until - from;
    return;
  }
}

void ScheduleClock::run_op(std::size_t index) {
  const Op& op = program_->ops[index];
  if (!position_.runs(op.when)) return;
  double& free = free_[static_cast<std::size_t>(op.stream)];
  double start = free;
  for (const TensorId id : op.reads) start = std::max(start, ready_[index_of(id)]);
  if (op.stream == Stream::kCompute && start > free) charge_wait(op, free, start);
  touched_ |= 1U << static_cast<unsigned>(op.stream);
  const bool shares = op.stream != Stream::kCompute && !uses_.empty();
  const double end = shares ? run_transfer(index, start) : start + durations_[index].value();
  free = end;
  for (const TensorId id : op.writes) {
    ready_[index_of(id)] = end;
    writer_[index_of(id)] = static_cast<std::uint32_t>(index);
  }
}

double ScheduleClock::run_transfer(std::size_t index, double start) {
  const Stream stream = program_->ops[index].stream;
  const double end = sharing_.start(stream, static_cast<std::uint32_t>(index), start,
                                    durations_[index].value(), uses_[index]);
  for (const LinkSharing::Delay& delay : sharing_.delays()) {
    double& free = free_[static_cast<std::size_t>(delay.stream)];
    if (free == delay.before) free = delay.after;
    for (const TensorId id : program_->ops[delay.op].writes) {
      if (writer_[index_of(id)] == delay.op && ready_[index_of(id)] == delay.before) {
        ready_[index_of(id)] = delay.after;
      }
    }
  }
  return end;
}

void ScheduleClock::move_on(Stream stream, double seconds) {
  free_[static_cast<std::size_t>(stream)] += seconds;
  sharing_.shift(stream, seconds);
}

void ScheduleClock::run_loop(const Loop& loop) {
  Clocks last_step{};
  for (std::int64_t done = 0; done < loop.times;) {
    const Clocks before = free_;
    std::copy_n(exposed_.begin() + static_cast<std::ptrdiff_t>(loop.first), loop.count,
                before_loop_.begin() + static_cast<std::ptrdiff_t>(loop.first));
    for (std::size_t i = loop.first; i < loop.first + loop.count; ++i) run_op(i);
    for (std::size_t i = 0; i < loop.carry_count; ++i) {
      ready_[index_of(loop.carries[i].to)] = ready_[index_of(loop.carries[i].from)];
      writer_[index_of(loop.carries[i].to)] = writer_[index_of(loop.carries[i].from)];
    }
    ++done;
    const Clocks step = steps(before, free_);
    if (done > 1 && done < loop.times && alike(step, last_step)) {
      const auto rest = static_cast<double>(loop.times - done);
      for (std::size_t i = 0; i < free_.size(); ++i)
        move_on(static_cast<Stream>(i), rest * step[i]);
      for (std::size_t i = loop.first; i < loop.first + loop.count; ++i) {
        const Op& op = program_->ops[i];
        const double shift = rest * step[static_cast<std::size_t>(op.stream)];
        // Of two ops that write a tensor, the later one made it ready.
        for (const TensorId id : op.writes) {
          if (writer_[index_of(id)] == i) ready_[index_of(id)] += shift;
        }
        exposed_[i] += rest * (exposed_[i] - before_loop_[i]);
      }
      for (std::size_t i = 0; i < loop.carry_count; ++i) {
        ready_[index_of(loop.carries[i].to)] = ready_[index_of(loop.carries[i].from)];
      }
      return;
    }
    last_step = step;
  }
}

void ScheduleClock::run_once(const Block& block) {
  std::size_t input = 0;
  for (const TensorId id : block.inputs) {
    const bool handed = input < handed_;
    ready_[index_of(id)] = handed ? handed_ready_[input] : 0.0;
    writer_[index_of(id)] = handed ? handed_writer_[input] : kNoOp;
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
  handed_ = 0;
  for (const TensorId id : block.outputs) {
    handed_ready_[handed_] = ready_[index_of(id)];
    handed_writer_[handed_] = writer_[index_of(id)];
    ++handed_;
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
    if (!joins(handed_ready_[i] - handed_before[i])) return false;
  }
  return true;
}

void ScheduleClock::run(const Block& block, std::int64_t count) {
  Clocks last_step{};
  const auto first = static_cast<std::ptrdiff_t>(block.first_op);
  for (std::int64_t done = 0; done < count;) {
    const Clocks before = free_;
    const std::array<double, Operands::kCapacity> handed_before = handed_ready_;
    const std::size_t handed_count = handed_;
    // A run also charges waits to the op of the run before that handed its input over; that op is
    // one of this block's, except in the first repetition.
    std::copy_n(exposed_.begin() + first, block.op_count, before_block_.begin() + first);
    touched_ = 0;
    run_once(block);
    ++done;
    const Clocks step = steps(before, free_);
    const bool settled =
        done > 1 && done < count &&
        ((done > 2 && alike(step, last_step)) ||
         (handed_ == handed_count && moved_as_one(step, {handed_before.data(), handed_})));
    if (settled) {
      const auto rest = static_cast<double>(count - done);
      for (std::size_t i = 0; i < free_.size(); ++i)
        move_on(static_cast<Stream>(i), rest * step[i]);
      for (std::size_t i = 0; i < std::min(handed_, handed_count); ++i) {
        handed_ready_[i] += rest * (handed_ready_[i] - handed_before[i]);
      }
      for (std::size_t i = block.first_op; i < block.first_op + block.op_count; ++i) {
        exposed_[i] += rest * (exposed_[i] - before_block_[i]);
      }
      return;
    }
    last_step = step;
  }
}

Seconds ScheduleClock::compute_end() const {
  // Hidden states may still be on their way over TP when compute is done.
  double end = free_[static_cast<std::size_t>(Stream::kCompute)];
  if (handed_ > 0) end = std::max(end, handed_ready_[0]);
  return Seconds(end);
}

Seconds ScheduleClock::end() const {
  return Seconds(std::max(*std::max_element(free_.begin(), free_.end()), compute_end().value()));
}

}  // namespace seqspan::sim
