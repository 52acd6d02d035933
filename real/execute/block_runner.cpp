#include "real/execute/block_runner.hpp"

#include <fmt/format.h>

#include <chrono>

#include "real/execute/run_kernel.hpp"

namespace seqspan::real {
namespace {

using Clock = std::chrono::steady_clock;

sim::Seconds between(Clock::time_point start, Clock::time_point end) {
  return sim::Seconds(std::chrono::duration<double>(end - start).count());
}

}  // namespace

BlockRunner::BlockRunner(Transport& transport, const sim::Program& program,
                         const AxisGroups& groups, RoleAllocator& memory, RunnerOptions options)
    : transport_(transport),
      program_(program),
      groups_(groups),
      memory_(memory),
      options_(options),
      tensors_(program, memory),
      streams_(transport, program, options.limit),
      host_(transport, options.limit),
      exchanges_(transport, program, groups, tensors_, host_, computes()) {}

sim::Result<void> BlockRunner::open() {
  if (auto opened = streams_.open(); !opened) return opened;
  return host_.open();
}

sim::Result<void> BlockRunner::begin(const sim::Part& part) {
  part_ = &part;
  on_host_.clear();
  tensors_.begin(part, groups_.index(sim::Axis::kRing));
  for (std::size_t t = 0; t < part.tensor_count; ++t) {
    const auto id = static_cast<sim::TensorId>(part.first_tensor + t);
    if (program_.tensor(id).role == sim::Role::kActivation) continue;
    if (auto taken = take(id); !taken) return taken;
  }
  return {};
}

sim::Result<ExecutedBlock> BlockRunner::forward() {
  tensors_.keep_saved(true);
  return run(program_.blocks[part_->forward]);
}

sim::Result<ExecutedBlock> BlockRunner::backward() {
  const sim::Block& block = program_.blocks[part_->backward];
  tensors_.keep_only(block.inputs, true);
  tensors_.keep_saved(false);
  return run(block);
}

sim::Result<ExecutedBlock> BlockRunner::update() {
  tensors_.keep_only({}, false);
  return run(program_.blocks[part_->update]);
}

sim::Result<void> BlockRunner::end() {
  tensors_.end();
  return {};
}

sim::Result<ExecutedBlock> BlockRunner::run(const sim::Block& block) {
  memory_.restart();
  kernels_ = 0;
  flops_ = sim::Flops(0);
  const Clock::time_point start = Clock::now();
  if (auto walked = walk(block); !walked) return tl::unexpected(walked.error());
  if (auto finished = streams_.finish(); !finished) return tl::unexpected(finished.error());
  ExecutedBlock executed;
  executed.time = between(start, Clock::now());
  executed.peak = memory_.peak();
  executed.taken = memory_.taken();
  executed.kernels = kernels_;
  executed.flops = flops_;
  for (auto& [id, op] : communications_) {
    const auto status = transport_.poll(id);
    if (!status) return tl::unexpected(status.error());
    op.reached = between(start, status->reached);
    op.time = status->time;
    executed.communications.push_back(op);
    if (auto released = transport_.release(id); !released) {
      return tl::unexpected(released.error());
    }
  }
  communications_.clear();
  if (auto freed = exchanges_.free_pieces(); !freed) return tl::unexpected(freed.error());
  tensors_.keep_only(block.outputs, true);
  return executed;
}

sim::Result<void> BlockRunner::walk(const sim::Block& block) {
  tensors_.begin_block(block);
  for (const sim::TensorId id : block.inputs) {
    if (auto taken = take(id); !taken) return taken;
  }
  std::size_t loop = block.first_loop;
  const std::size_t loop_end = block.first_loop + block.loop_count;
  for (std::size_t i = block.first_op; i < block.first_op + block.op_count;) {
    if (loop < loop_end && i == program_.loops[loop].first) {
      if (auto ran = run_loop(program_.loops[loop]); !ran) return ran;
      i += program_.loops[loop].count;
      ++loop;
      continue;
    }
    if (auto ran = run_op(i, 0); !ran) return ran;
    ++i;
  }
  return {};
}

sim::Result<void> BlockRunner::run_loop(const sim::Loop& loop) {
  tensors_.begin_loop(loop);
  for (std::int64_t iteration = 0; iteration < loop.times; ++iteration) {
    for (std::size_t i = loop.first; i < loop.first + loop.count; ++i) {
      if (auto ran = run_op(i, iteration); !ran) return ran;
    }
    tensors_.end_iteration(loop);
  }
  tensors_.end_loop(loop);
  return {};
}

sim::Result<void> BlockRunner::run_op(std::size_t index, std::int64_t iteration) {
  const sim::Op& op = program_.ops[index];
  for (const sim::TensorId id : op.writes) {
    if (program_.tensor(id).role != sim::Role::kActivation) continue;
    if (auto taken = take(id); !taken) {
      sim::Error error = taken.error();
      error.where += fmt::format(", op '{}'", op.name);
      return tl::unexpected(std::move(error));
    }
  }
  // With kernels every op ends before the next begins.
  if (!computes()) {
    if (auto waited = streams_.wait_for_users(op, tensors_); !waited) return waited;
  }
  const bool communicates = std::holds_alternative<sim::Communication>(op.work);
  if (auto ran = communicates ? communicate(index, iteration) : compute(index); !ran) return ran;
  if (!computes()) {
    if (auto noted = streams_.note_use(index, tensors_); !noted) return noted;
  }
  tensors_.end_op(index);
  return {};
}

sim::Result<void> BlockRunner::compute(std::size_t index) {
  const sim::Op& op = program_.ops[index];
  if (!computes()) return transport_.delay(streams_.of(op), options_.durations[index]);
  if (std::holds_alternative<sim::HostCopy>(op.work)) return copy(op);
  ++kernels_;
  return run_kernel(op, program_, tensors_, *options_.share, host_, flops_);
}

// Between the last tensor that it reads and the first that it writes; one of them is the host's.
sim::Result<void> BlockRunner::copy(const sim::Op& op) {
  const sim::TensorId from = *(op.reads.end() - 1);
  const sim::TensorId to = *op.writes.begin();
  const bool to_host = std::get<sim::HostCopy>(op.work).to_host;
  const Memory& memory = tensors_.copies(to_host ? from : to).back()->memory;
  std::vector<std::byte>& bytes = on_host_[to_host ? to : from];
  if (to_host) {
    bytes.assign(static_cast<std::size_t>(memory.size.value()), std::byte{0xFF});
    return host_.read(memory, bytes);
  }
  if (static_cast<std::int64_t>(bytes.size()) != memory.size.value()) {
    return sim::input_error(fmt::format("op '{}' copies what is not there", op.name), "",
                            "nothing was copied to the host before");
  }
  return host_.write(bytes, memory);
}

sim::Result<void> BlockRunner::communicate(std::size_t index, std::int64_t iteration) {
  const sim::Op& op = program_.ops[index];
  sim::Result<Exchange> exchange = exchanges_.make(op, streams_.of(op));
  if (!exchange) return tl::unexpected(exchange.error());
  const std::int64_t ranks = groups_.size(std::get<sim::Communication>(op.work).axis);
  const ExecutedOp executed{
      index, iteration, sent_bytes(*exchange, ranks), std::ssize(exchange->messages), {}, {}};
  const auto started = transport_.start(*std::move(exchange));
  if (!started) return tl::unexpected(started.error());
  communications_.emplace_back(*started, executed);
  pass_ring_owners(op);
  if (!computes()) return {};
  if (auto finished = streams_.finish(); !finished) return finished;
  return exchanges_.settle();
}

// What a ring shift brings is the neighbour's: that of the rank behind, or of the one ahead.
void BlockRunner::pass_ring_owners(const sim::Op& op) {
  const auto& work = std::get<sim::Communication>(op.work);
  if (work.collective != sim::Collective::kRingShift) return;
  const std::int64_t ranks = groups_.size(work.axis);
  for (std::size_t i = 0; i < op.reads.size(); ++i) {
    const std::int64_t owner = tensors_.ring_owner(op.reads.begin()[i]);
    tensors_.set_ring_owner(op.writes.begin()[i],
                            (owner + (work.to_predecessor ? 1 : ranks - 1)) % ranks);
  }
}

sim::Result<void> BlockRunner::take(sim::TensorId id) {
  const auto taken = tensors_.take(id);
  if (!taken) return tl::unexpected(taken.error());
  if (*taken == nullptr || !computes()) return {};
  // All bits set: NaN.
  const Memory& memory = (*taken)->memory;
  return host_.write(
      std::vector<std::byte>(static_cast<std::size_t>(memory.size.value()), std::byte{0xFF}),
      memory);
}

sim::Result<void> BlockRunner::set(const std::string& tensor, std::span<const float> values) {
  const auto id = tensors_.find(tensor);
  if (!id) return tl::unexpected(id.error());
  if (auto taken = take(*id); !taken) return taken;
  const auto bytes = std::as_bytes(values);
  if (sim::Bytes(static_cast<std::int64_t>(bytes.size())) != program_.tensor(*id).bytes) {
    return sim::input_error(fmt::format("{} numbers for tensor '{}'", values.size(), tensor), "",
                            fmt::format("it has {} bytes", program_.tensor(*id).bytes.value()));
  }
  return host_.write(bytes, tensors_.copies(*id).back()->memory);
}

sim::Result<std::vector<float>> BlockRunner::get(const std::string& tensor) {
  const auto id = tensors_.find(tensor);
  if (!id) return tl::unexpected(id.error());
  if (tensors_.copies(*id).empty()) {
    return sim::input_error(fmt::format("tensor '{}' is not there", tensor), "",
                            "no block has left it behind");
  }
  const Memory& memory = tensors_.copies(*id).back()->memory;
  std::vector<float> values(static_cast<std::size_t>(memory.size.value()) / sizeof(float));
  if (auto there = host_.read(memory, std::as_writable_bytes(std::span(values))); !there) {
    return tl::unexpected(there.error());
  }
  return values;
}

}  // namespace seqspan::real
