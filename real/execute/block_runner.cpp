#include "real/execute/block_runner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "real/transport/watchdog.hpp"
#include "sim/program/saved.hpp"

namespace seqspan::real {
namespace {

using Clock = std::chrono::steady_clock;

sim::MemoryRole role_of(sim::Role role) {
  switch (role) {
    case sim::Role::kParameter:
      return sim::MemoryRole::kParameters;
    case sim::Role::kGradient:
      return sim::MemoryRole::kGradients;
    case sim::Role::kOptimizerState:
      return sim::MemoryRole::kOptimizerState;
    case sim::Role::kActivation:
      return sim::MemoryRole::kTransient;
  }
  return sim::MemoryRole::kTransient;
}

bool is_shift(sim::Collective collective) {
  return collective == sim::Collective::kRingShift || collective == sim::Collective::kPointToPoint;
}

}  // namespace

BlockRunner::BlockRunner(Transport& transport, const sim::Program& program,
                         const AxisGroups& groups, RoleAllocator& memory, RunnerOptions options)
    : transport_(transport),
      program_(program),
      groups_(groups),
      memory_(memory),
      options_(options),
      events_(program.ops.size()) {}

sim::Result<void> BlockRunner::open() {
  for (std::size_t i = 0; i < sim::kStreamCount; ++i) {
    const auto stream = transport_.make_stream();
    if (!stream) return tl::unexpected(stream.error());
    streams_.push_back(*stream);
  }
  return {};
}

sim::Result<void> BlockRunner::begin(const sim::Part& part) {
  part_ = &part;
  first_ = part.first_tensor;
  states_.assign(part.tensor_count, {});
  std::vector<std::uint8_t> saved;
  std::vector<std::uint8_t> scratch;
  sim::find_saved(program_, part, saved, scratch);
  for (std::size_t t = 0; t < states_.size(); ++t) {
    states_[t].saved = saved[t] != 0;
    states_[t].ring_owner = groups_.index(sim::Axis::kRing);
    const auto id = static_cast<sim::TensorId>(first_ + t);
    if (program_.tensor(id).role == sim::Role::kActivation) continue;
    if (auto taken = take(id); !taken) return taken;
  }
  return {};
}

sim::Result<ExecutedBlock> BlockRunner::forward() {
  for (State& tensor : states_) tensor.keep = tensor.saved;
  return run(program_.blocks[part_->forward]);
}

sim::Result<ExecutedBlock> BlockRunner::backward() {
  const sim::Block& block = program_.blocks[part_->backward];
  release_all(block.inputs, true);
  for (State& tensor : states_) tensor.keep = false;
  return run(block);
}

sim::Result<ExecutedBlock> BlockRunner::update() {
  release_all({}, false);
  return run(program_.blocks[part_->update]);
}

sim::Result<void> BlockRunner::end() {
  for (std::size_t t = 0; t < states_.size(); ++t) {
    release(static_cast<sim::TensorId>(first_ + t));
  }
  return {};
}

sim::Result<ExecutedBlock> BlockRunner::run(const sim::Block& block) {
  memory_.restart();
  kernels_ = 0;
  flops_ = sim::Flops(0);
  const Clock::time_point start = Clock::now();
  const auto walked = walk(block);
  if (!walked) return tl::unexpected(walked.error());
  if (auto finished = finish_all(); !finished) return tl::unexpected(finished.error());
  ExecutedBlock executed;
  executed.time = sim::Seconds(std::chrono::duration<double>(Clock::now() - start).count());
  executed.peak = memory_.peak();
  executed.taken = memory_.taken();
  executed.kernels = kernels_;
  executed.flops = flops_;
  for (auto& [id, op] : running_) {
    const auto status = transport_.poll(id);
    if (!status) return tl::unexpected(status.error());
    op.reached = sim::Seconds(std::chrono::duration<double>(status->reached - start).count());
    op.time = status->time;
    executed.communications.push_back(op);
    if (auto released = transport_.release(id); !released) {
      return tl::unexpected(released.error());
    }
  }
  running_.clear();
  for (const Memory& piece : pieces_) {
    if (auto freed = transport_.free(piece); !freed) return tl::unexpected(freed.error());
  }
  pieces_.clear();
  release_all(block.outputs, true);
  return executed;
}

sim::Result<void> BlockRunner::walk(const sim::Block& block) {
  find_last_uses(block);
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
  for (State& tensor : states_) tensor.held = !tensor.copies.empty();
  for (std::size_t i = 0; i < loop.carry_count; ++i) {
    state(loop.carries[i].from).held = true;
    state(loop.carries[i].to).held = true;
  }
  for (std::int64_t iteration = 0; iteration < loop.times; ++iteration) {
    for (std::size_t i = loop.first; i < loop.first + loop.count; ++i) {
      if (auto ran = run_op(i, iteration); !ran) return ran;
    }
    carry(loop);
  }
  for (std::size_t t = 0; t < states_.size(); ++t) {
    if (!states_[t].held) continue;
    states_[t].held = false;
    if (states_[t].last_use < 0) continue;  // not of this block: another block lets go of it
    release_after(loop.first + loop.count - 1, static_cast<sim::TensorId>(first_ + t));
  }
  return {};
}

void BlockRunner::carry(const sim::Loop& loop) {
  for (std::size_t i = 0; i < loop.carry_count; ++i) {
    const sim::Carry& carry = loop.carries[i];
    if (!carry.keep_old) release(carry.to);
    State& to = state(carry.to);
    State& from = state(carry.from);
    // Of several copies the last one is what may be saved.
    for (MemoryBlock* old : to.copies) memory_.assign(old, sim::MemoryRole::kTransient);
    for (MemoryBlock* block : from.copies) memory_.assign(block, role_in(to, carry.to));
    to.copies.insert(to.copies.end(), from.copies.begin(), from.copies.end());
    to.ring_owner = from.ring_owner;
    from.copies.clear();
  }
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
  if (auto waited = wait_for_users(op); !waited) return waited;
  if (std::holds_alternative<sim::Communication>(op.work)) {
    if (auto sent = communicate(index, iteration); !sent) return sent;
  } else if (computes()) {
    if (auto ran = run_kernel(op); !ran) return ran;
  } else if (auto waits = transport_.delay(stream_of(op), options_.durations[index]); !waits) {
    return waits;
  }
  if (auto noted = note_use(index); !noted) return noted;
  for (const sim::TensorId id : op.reads) release_after(index, id);
  for (const sim::TensorId id : op.writes) release_after(index, id);
  return {};
}

sim::Result<void> BlockRunner::run_kernel(const sim::Op& op) {
  const std::string where = fmt::format("op '{}'", op.name);
  const Kernel kernel = find_kernel(op.name);
  if (kernel == nullptr) {
    return sim::input_error("an op that --check cannot compute", where,
                            "it has no kernel on the host", "leave out --check");
  }
  ++kernels_;
  KernelCall call{*options_.share, {}, {}, flops_};
  for (const sim::TensorId id : op.reads) {
    sim::Result<Operand> read = operand(id);
    if (!read) return tl::unexpected(read.error());
    call.reads.push_back(*std::move(read));
  }
  for (const sim::TensorId id : op.writes) {
    sim::Result<Operand> written = operand(id);
    if (!written) return tl::unexpected(written.error());
    call.writes.push_back(*std::move(written));
  }
  sim::Result<void> ran;
  try {
    ran = kernel(call);
  } catch (const std::out_of_range& error) {
    ran = sim::input_error(error.what(), where,
                           "the program's tensors are not what the op computes with");
  }
  if (!ran) return ran;
  for (const HostCopy& copy : copies_) {
    if (auto back = write(copy.bytes, copy.memory); !back) return back;
  }
  copies_.clear();
  return {};
}

sim::Result<Operand> BlockRunner::operand(sim::TensorId id) {
  const State& tensor = state(id);
  Operand operand{&program_.tensor(id), {}, tensor.ring_owner};
  for (const MemoryBlock* block : tensor.copies) {
    std::byte* address = block->memory.address;
    const auto bytes = static_cast<std::size_t>(block->memory.size.value());
    if (!transport_.is_host_memory()) {
      // One copy for each block, however many operands it is.
      auto copy = std::find_if(copies_.begin(), copies_.end(), [&](const HostCopy& known) {
        return known.memory == block->memory;
      });
      if (copy == copies_.end()) {
        copies_.push_back({std::vector<std::byte>(bytes), block->memory});
        copy = std::prev(copies_.end());
        if (auto there = read(block->memory, copy->bytes); !there) {
          return tl::unexpected(there.error());
        }
      }
      address = copy->bytes.data();
    }
    operand.copies.emplace_back(
        std::span(reinterpret_cast<float*>(address), bytes / sizeof(float)));
  }
  return operand;
}

sim::Result<void> BlockRunner::communicate(std::size_t index, std::int64_t iteration) {
  const sim::Op& op = program_.ops[index];
  const auto& work = std::get<sim::Communication>(op.work);
  if (!groups_.communicator(work.axis)) {
    return sim::input_error("a communication of a rank that is alone",
                            fmt::format("op '{}' over {}", op.name, sim::name_of(work.axis)));
  }
  sim::Result<Exchange> exchange = exchange_of(op);
  if (!exchange) return tl::unexpected(exchange.error());
  const ExecutedOp executed{index,
                            iteration,
                            sent_bytes(*exchange, groups_.size(work.axis)),
                            std::ssize(exchange->messages),
                            {},
                            {}};
  const auto started = transport_.start(*std::move(exchange));
  if (!started) return tl::unexpected(started.error());
  running_.emplace_back(*started, executed);
  note_ring_owner(op);
  if (!computes()) {
    fitted_.clear();
    return {};
  }
  if (auto finished = finish_all(); !finished) return finished;
  return settle_fitted();
}

// Elements are rounded up to what the ranks divide; what then does not fit an operand travels
// through a piece of its own.
sim::Result<Exchange> BlockRunner::exchange_of(const sim::Op& op) {
  const auto& work = std::get<sim::Communication>(op.work);
  const std::int64_t ranks = groups_.size(work.axis);
  Exchange exchange{.name = op.name,
                    .collective = work.collective,
                    .communicator = *groups_.communicator(work.axis),
                    .stream = stream_of(op),
                    .data_type = {},
                    .messages = {},
                    .direction = work.to_predecessor ? Direction::kBackward : Direction::kForward};
  const auto memory_of = [&](sim::TensorId id) -> sim::Result<Memory> {
    if (state(id).copies.empty()) {
      return sim::input_error("a tensor that nobody has written", fmt::format("op '{}'", op.name));
    }
    return state(id).copies.back()->memory;
  };
  const bool shifts = is_shift(work.collective);
  // Only parameters are gathered from the rank's place in what is written.
  const bool needs_reads =
      work.collective != sim::Collective::kAllGather ||
      (op.writes.size() > 0 && program_.tensor(*op.writes.begin()).role == sim::Role::kActivation);
  if (op.writes.size() == 0 || (needs_reads && op.reads.size() == 0) ||
      (shifts && op.reads.size() != op.writes.size())) {
    return sim::input_error(fmt::format("a communication that reads {} tensors and writes {}",
                                        op.reads.size(), op.writes.size()),
                            fmt::format("op '{}'", op.name));
  }
  if (shifts) {
    if (work.collective == sim::Collective::kPointToPoint && op.pass == sim::Pass::kBackward) {
      exchange.direction = Direction::kBackward;
    }
    const std::int64_t pieces =
        std::max<std::int64_t>(1, work.messages / static_cast<std::int64_t>(op.reads.size()));
    for (std::size_t i = 0; i < op.reads.size(); ++i) {
      const auto from = memory_of(op.reads.begin()[i]);
      const auto to = memory_of(op.writes.begin()[i]);
      if (!from) return tl::unexpected(from.error());
      if (!to) return tl::unexpected(to.error());
      exchange.data_type = program_.tensor(op.reads.begin()[i]).data_type;
      const sim::Bytes size(from->size.value() / pieces);
      for (std::int64_t piece = 0; piece < pieces; ++piece) {
        exchange.messages.push_back({from->part(size * piece, size), to->part(size * piece, size),
                                     size.value() / sim::bytes_per_element(exchange.data_type)});
      }
    }
    return exchange;
  }
  const sim::TensorId receiver = op.writes.begin()[0];
  const sim::TensorId sender = op.reads.size() > 0 ? op.reads.end()[-1] : receiver;
  exchange.data_type =
      program_.tensor(work.collective == sim::Collective::kAllGather ? receiver : sender).data_type;
  const std::int64_t width = sim::bytes_per_element(exchange.data_type);
  const bool divides = work.collective != sim::Collective::kAllReduce;
  const std::int64_t unit = divides ? ranks : 1;
  Message message;
  message.elements = (work.bytes.value() / width + unit - 1) / unit * unit;
  const auto from = memory_of(sender);
  const auto to = memory_of(receiver);
  if (!from) return tl::unexpected(from.error());
  if (!to) return tl::unexpected(to.error());
  const std::int64_t place = groups_.index(work.axis);
  const auto send = fitted(*from, send_size(exchange, message, ranks), place, false);
  if (!send) return tl::unexpected(send.error());
  const auto receive = fitted(*to, receive_size(exchange, message, ranks), place, true);
  if (!receive) return tl::unexpected(receive.error());
  message.send = *send;
  message.receive = *receive;
  exchange.messages.push_back(message);
  return exchange;
}

sim::Result<Memory> BlockRunner::fitted(const Memory& tensor, sim::Bytes size, std::int64_t place,
                                        bool receives) {
  if (tensor.size == size) return tensor;
  const auto piece = transport_.allocate(size);
  if (!piece) return tl::unexpected(piece.error());
  pieces_.push_back(*piece);
  const sim::Bytes offset =
      std::min(tensor.size, tensor.size > size ? size * place : sim::Bytes(0));
  const Memory part = tensor.part(offset, std::min(size, tensor.size - offset));
  fitted_.push_back({*piece, part, receives});
  if (!computes() || receives) return *piece;
  std::vector<std::byte> bytes(static_cast<std::size_t>(part.size.value()));
  if (auto there = read(part, bytes); !there) return tl::unexpected(there.error());
  bytes.resize(static_cast<std::size_t>(size.value()));
  if (auto there = write(bytes, *piece); !there) return tl::unexpected(there.error());
  return *piece;
}

sim::Result<void> BlockRunner::settle_fitted() {
  for (const Fitted& fitted : fitted_) {
    if (!fitted.receives) continue;
    std::vector<std::byte> bytes(static_cast<std::size_t>(fitted.piece.size.value()));
    if (auto there = read(fitted.piece, bytes); !there) return there;
    bytes.resize(static_cast<std::size_t>(fitted.tensor.size.value()));
    if (auto there = write(bytes, fitted.tensor); !there) return there;
  }
  fitted_.clear();
  return {};
}

void BlockRunner::note_ring_owner(const sim::Op& op) {
  const auto& work = std::get<sim::Communication>(op.work);
  if (work.collective != sim::Collective::kRingShift) return;
  const std::int64_t ranks = groups_.size(work.axis);
  for (std::size_t i = 0; i < op.reads.size(); ++i) {
    const std::int64_t owner = state(op.reads.begin()[i]).ring_owner;
    state(op.writes.begin()[i]).ring_owner =
        (owner + (work.to_predecessor ? 1 : ranks - 1)) % ranks;
  }
}

sim::MemoryRole BlockRunner::role_in(const State& tensor, sim::TensorId id) const {
  return tensor.saved ? sim::MemoryRole::kSavedActivations : role_of(program_.tensor(id).role);
}

sim::Result<void> BlockRunner::take(sim::TensorId id) {
  const sim::Tensor& tensor = program_.tensor(id);
  State& taken = state(id);
  if (!taken.copies.empty() && !tensor.kept_per_iteration) return {};
  const auto block = memory_.take(tensor.name, role_in(taken, id), tensor.bytes);
  if (!block) return tl::unexpected(block.error());
  taken.copies.push_back(*block);
  if (!computes()) return {};
  // All bits set: NaN.
  return write(
      std::vector<std::byte>(static_cast<std::size_t>(tensor.bytes.value()), std::byte{0xFF}),
      (*block)->memory);
}

void BlockRunner::release(sim::TensorId id) {
  State& tensor = state(id);
  for (MemoryBlock* block : tensor.copies) memory_.give(block);
  tensor.copies.clear();
}

void BlockRunner::release_after(std::size_t op, sim::TensorId id) {
  const State& tensor = state(id);
  if (tensor.copies.empty() || tensor.keep || tensor.held) return;
  if (program_.tensor(id).span != sim::Span::kUse) return;
  if (tensor.last_use <= static_cast<std::int64_t>(op)) release(id);
}

void BlockRunner::release_all(const sim::Operands& outputs, bool keeps_saved) {
  for (std::size_t t = 0; t < states_.size(); ++t) {
    const auto id = static_cast<sim::TensorId>(first_ + t);
    State& tensor = states_[t];
    if (program_.tensor(id).role != sim::Role::kActivation || tensor.copies.empty()) continue;
    const bool stays = (keeps_saved && tensor.saved && tensor.keep) ||
                       std::find(outputs.begin(), outputs.end(), id) != outputs.end();
    if (!stays) {
      release(id);
      continue;
    }
    while (tensor.copies.size() > 1) {
      memory_.give(tensor.copies.front());
      tensor.copies.erase(tensor.copies.begin());
    }
  }
}

void BlockRunner::find_last_uses(const sim::Block& block) {
  for (State& tensor : states_) {
    tensor.last_use = -1;
    tensor.held = false;
  }
  for (std::size_t i = block.first_op; i < block.first_op + block.op_count; ++i) {
    for (const sim::TensorId id : program_.ops[i].reads) {
      state(id).last_use = static_cast<std::int64_t>(i);
    }
    for (const sim::TensorId id : program_.ops[i].writes) {
      state(id).last_use = static_cast<std::int64_t>(i);
    }
  }
  for (const sim::TensorId id : block.outputs) state(id).keep = true;
}

// What reads waits for the last writer; what writes waits for all. On its own stream order holds
// anyway. With kernels, every op ends before the next begins.
sim::Result<void> BlockRunner::wait_for_users(const sim::Op& op) {
  if (computes()) return {};
  const auto wait = [&](sim::TensorId id, bool writes) -> sim::Result<void> {
    for (const MemoryBlock* block : state(id).copies) {
      for (const BlockUse& use : block->uses) {
        if (use.stream == stream_of(op) || !(writes || use.writes)) continue;
        if (auto waited = transport_.wait(stream_of(op), use.event); !waited) return waited;
      }
    }
    return {};
  };
  for (const sim::TensorId id : op.reads) {
    if (auto waited = wait(id, false); !waited) return waited;
  }
  for (const sim::TensorId id : op.writes) {
    if (auto waited = wait(id, true); !waited) return waited;
  }
  return {};
}

sim::Result<void> BlockRunner::note_use(std::size_t index) {
  if (computes()) return {};
  const sim::Op& op = program_.ops[index];
  if (!events_[index]) {
    const auto event = transport_.make_event();
    if (!event) return tl::unexpected(event.error());
    events_[index] = *event;
  }
  if (auto recorded = transport_.record(*events_[index], stream_of(op)); !recorded) {
    return recorded;
  }
  for (const sim::TensorId id : op.reads) {
    for (MemoryBlock* block : state(id).copies) {
      block->uses.push_back({stream_of(op), *events_[index], false});
    }
  }
  for (const sim::TensorId id : op.writes) {
    if (state(id).copies.empty()) continue;
    state(id).copies.back()->uses = {{stream_of(op), *events_[index], true}};
  }
  return {};
}

sim::Result<void> BlockRunner::finish_all() {
  for (const StreamId stream : streams_) {
    if (auto finished = finish(transport_, stream, options_.limit); !finished) return finished;
  }
  return {};
}

sim::Result<void> BlockRunner::read(const Memory& from, std::span<std::byte> to) {
  if (to.empty()) return {};
  if (transport_.is_host_memory()) {
    std::memcpy(to.data(), from.address, to.size());
    return {};
  }
  const Memory piece = from.part(sim::Bytes(0), sim::Bytes(static_cast<std::int64_t>(to.size())));
  if (auto given = transport_.copy_out(streams_.front(), to, piece); !given) return given;
  return finish(transport_, streams_.front(), options_.limit);
}

sim::Result<void> BlockRunner::write(std::span<const std::byte> from, const Memory& to) {
  if (from.empty()) return {};
  if (transport_.is_host_memory()) {
    std::memcpy(to.address, from.data(), from.size());
    return {};
  }
  const Memory piece = to.part(sim::Bytes(0), sim::Bytes(static_cast<std::int64_t>(from.size())));
  if (auto given = transport_.copy_in(streams_.front(), piece, from); !given) return given;
  return finish(transport_, streams_.front(), options_.limit);
}

sim::Result<sim::TensorId> BlockRunner::find(const std::string& tensor) const {
  for (std::size_t t = 0; t < states_.size(); ++t) {
    if (program_.tensors[first_ + t].name == tensor) {
      return static_cast<sim::TensorId>(first_ + t);
    }
  }
  return sim::input_error(fmt::format("no tensor '{}'", tensor),
                          fmt::format("part '{}'", part_->name));
}

sim::Result<void> BlockRunner::set(const std::string& tensor, std::span<const float> values) {
  const auto id = find(tensor);
  if (!id) return tl::unexpected(id.error());
  if (auto taken = take(*id); !taken) return taken;
  const auto bytes = std::as_bytes(values);
  if (sim::Bytes(static_cast<std::int64_t>(bytes.size())) != program_.tensor(*id).bytes) {
    return sim::input_error(fmt::format("{} numbers for tensor '{}'", values.size(), tensor), "",
                            fmt::format("it has {} bytes", program_.tensor(*id).bytes.value()));
  }
  return write(bytes, state(*id).copies.back()->memory);
}

sim::Result<std::vector<float>> BlockRunner::get(const std::string& tensor) {
  const auto id = find(tensor);
  if (!id) return tl::unexpected(id.error());
  if (state(*id).copies.empty()) {
    return sim::input_error(fmt::format("tensor '{}' is not there", tensor), "",
                            "no block has left it behind");
  }
  const Memory& memory = state(*id).copies.back()->memory;
  std::vector<float> values(static_cast<std::size_t>(memory.size.value()) / sizeof(float));
  if (auto there = read(memory, std::as_writable_bytes(std::span(values))); !there) {
    return tl::unexpected(there.error());
  }
  return values;
}

}  // namespace seqspan::real
