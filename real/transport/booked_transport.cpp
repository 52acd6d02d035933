#include "real/transport/booked_transport.hpp"

#include <fmt/format.h>

#include <utility>

namespace seqspan::real {
namespace {

// A rank that polls answers within milliseconds.
constexpr sim::Seconds kPatience{1.0};

template <class Id>
std::size_t index_of(Id id) {
  return static_cast<std::size_t>(id);
}

tl::unexpected<sim::Error> unknown(const char* kind, std::size_t index, std::size_t known) {
  return sim::input_error(fmt::format("unknown {} {}", kind, index), "",
                          fmt::format("this transport has made {}", known));
}

}  // namespace

template <class T>
sim::Result<T> BookedTransport::broken_by(sim::Result<T> result) {
  if (!result && !fault_) fault_ = result.error();
  return result;
}

sim::Result<void> BookedTransport::check_usable() const {
  if (fault_) return tl::unexpected(*fault_);
  return {};
}

sim::Result<void> BookedTransport::check_stream(StreamId stream) const {
  if (auto usable = check_usable(); !usable) return usable;
  if (index_of(stream) >= streams_) return unknown("stream", index_of(stream), streams_);
  return {};
}

sim::Result<void> BookedTransport::check_event(EventId event) const {
  if (index_of(event) >= events_) return unknown("event", index_of(event), events_);
  return {};
}

sim::Result<const OpBook::Entry*> BookedTransport::find_op(OpId op) const {
  const OpBook::Entry* entry = ops_.find(op);
  if (entry == nullptr) {
    return sim::input_error(fmt::format("unknown op {}", index_of(op)), "",
                            "it was never started here, or has been released");
  }
  return entry;
}

sim::Result<CommunicatorId> BookedTransport::make_communicator(const sim::GroupShape& shape) {
  if (auto usable = check_usable(); !usable) return tl::unexpected(usable.error());
  sim::Result<Group> group = group_of(shape, rank_, world_size_);
  if (!group) return tl::unexpected(group.error());
  if (auto joined = broken_by(join(*group)); !joined) return tl::unexpected(joined.error());
  groups_.push_back(*std::move(group));
  return CommunicatorId(groups_.size() - 1);
}

sim::Result<Group> BookedTransport::group(CommunicatorId communicator) const {
  const std::size_t index = index_of(communicator);
  if (index >= groups_.size()) return unknown("communicator", index, groups_.size());
  return groups_[index];
}

sim::Result<Memory> BookedTransport::allocate(sim::Bytes size) {
  if (auto usable = check_usable(); !usable) return tl::unexpected(usable.error());
  if (size < sim::Bytes(0)) {
    return sim::input_error(fmt::format("a buffer of {} bytes", size.value()));
  }
  if (size == sim::Bytes(0)) return Memory{};
  const sim::Result<std::byte*> address = acquire(size);
  if (!address) return tl::unexpected(address.error());
  const Memory memory{*address, size};
  memory_.add(memory);
  return memory;
}

sim::Result<void> BookedTransport::free(const Memory& memory) {
  if (memory.empty()) return {};
  if (auto moved = progress(); !moved) return moved;
  if (const OpBook::Entry* entry = ops_.unfinished_on(memory)) {
    return sim::input_error(
        "a buffer is freed while an op uses it",
        describe(entry->exchange, groups_[index_of(entry->exchange.communicator)]),
        "the op has not ended", "wait for it first");
  }
  if (auto removed = memory_.remove(memory); !removed) return removed;
  return give_back(memory.address);
}

sim::Result<StreamId> BookedTransport::make_stream() {
  if (auto usable = check_usable(); !usable) return tl::unexpected(usable.error());
  if (auto added = add_stream(); !added) return tl::unexpected(added.error());
  return StreamId(streams_++);
}

sim::Result<EventId> BookedTransport::make_event() {
  if (auto usable = check_usable(); !usable) return tl::unexpected(usable.error());
  if (auto added = add_event(); !added) return tl::unexpected(added.error());
  return EventId(events_++);
}

sim::Result<void> BookedTransport::record(EventId event, StreamId stream) {
  if (auto known = check_stream(stream); !known) return known;
  if (auto known = check_event(event); !known) return known;
  return broken_by(give_record(index_of(event), index_of(stream)));
}

sim::Result<void> BookedTransport::wait(StreamId stream, EventId event) {
  if (auto known = check_stream(stream); !known) return known;
  if (auto known = check_event(event); !known) return known;
  return broken_by(give_wait(index_of(stream), index_of(event)));
}

sim::Result<bool> BookedTransport::is_reached(EventId event) {
  if (auto known = check_event(event); !known) return tl::unexpected(known.error());
  if (auto moved = progress(); !moved) return tl::unexpected(moved.error());
  auto reached = event_reached(index_of(event));
  if (!reached) return lost(reached.error());
  return reached;
}

sim::Result<void> BookedTransport::copy_in(StreamId stream, const Memory& to,
                                           std::span<const std::byte> from) {
  if (auto known = check_stream(stream); !known) return known;
  if (auto live = memory_.check(to, "copy to the transport"); !live) return live;
  if (to.size.value() != static_cast<std::int64_t>(from.size())) {
    return sim::input_error(
        fmt::format("{} bytes copied to a buffer of {}", from.size(), to.size.value()));
  }
  return broken_by(give_copy_in(index_of(stream), to, from));
}

sim::Result<void> BookedTransport::copy_out(StreamId stream, std::span<std::byte> to,
                                            const Memory& from) {
  if (auto known = check_stream(stream); !known) return known;
  if (auto live = memory_.check(from, "copy from the transport"); !live) return live;
  if (from.size.value() != static_cast<std::int64_t>(to.size())) {
    return sim::input_error(
        fmt::format("a buffer of {} bytes copied to {}", from.size.value(), to.size()));
  }
  return broken_by(give_copy_out(index_of(stream), to, from));
}

sim::Result<void> BookedTransport::delay(StreamId stream, sim::Seconds time) {
  if (auto known = check_stream(stream); !known) return known;
  return broken_by(give_delay(index_of(stream), time));
}

sim::Result<void> BookedTransport::call(StreamId stream, std::function<void()> work) {
  if (auto known = check_stream(stream); !known) return known;
  return broken_by(give_call(index_of(stream), std::move(work)));
}

sim::Result<OpId> BookedTransport::start(Exchange exchange) {
  if (auto known = check_stream(exchange.stream); !known) return tl::unexpected(known.error());
  const std::size_t communicator = index_of(exchange.communicator);
  if (communicator >= groups_.size()) return unknown("communicator", communicator, groups_.size());
  const Group& group = groups_[communicator];
  if (auto legal = check_exchange(exchange, group, memory_); !legal) {
    return tl::unexpected(legal.error());
  }
  if (auto legal = refuse(exchange, group); !legal) return tl::unexpected(legal.error());
  const OpId op = ops_.add(std::move(exchange));
  if (auto given = broken_by(give_exchange(op, ops_.find(op)->exchange, group)); !given) {
    return tl::unexpected(given.error());
  }
  if (auto moved = progress(); !moved) return tl::unexpected(moved.error());
  return op;
}

sim::Result<OpStatus> BookedTransport::poll(OpId op) {
  if (auto moved = progress(); !moved) return tl::unexpected(moved.error());
  const auto entry = find_op(op);
  if (!entry) return tl::unexpected(entry.error());
  return ops_.status(**entry);
}

sim::Result<void> BookedTransport::release(OpId op) {
  const auto entry = find_op(op);
  if (!entry) return tl::unexpected(entry.error());
  if ((*entry)->status.state != OpState::kDone) {
    return sim::input_error("an op is released before it is done", *describe_op(op));
  }
  ops_.forget(op);
  return {};
}

sim::Result<bool> BookedTransport::is_idle(StreamId stream) {
  if (auto known = check_stream(stream); !known) return tl::unexpected(known.error());
  if (auto moved = progress(); !moved) return tl::unexpected(moved.error());
  auto idle = stream_idle(index_of(stream));
  if (!idle) return lost(idle.error());
  return idle;
}

sim::Result<std::string> BookedTransport::describe_op(OpId op) const {
  const auto entry = find_op(op);
  if (!entry) return tl::unexpected(entry.error());
  const Exchange& exchange = (*entry)->exchange;
  return describe(exchange, groups_[index_of(exchange.communicator)]);
}

sim::Result<Attendance> BookedTransport::attendance(OpId op, sim::Seconds patience) {
  const auto entry = find_op(op);
  if (!entry) return tl::unexpected(entry.error());
  if (!roll_call_) {
    return sim::environment_error("who has arrived cannot be told", *describe_op(op),
                                  "ranks can be asked only over MPI", "start under mpirun or srun");
  }
  const CommunicatorId communicator = (*entry)->exchange.communicator;
  const auto ask = [&, number = (*entry)->number](const Group& group) {
    // What cannot be advanced any more is still worth asking about.
    return roll_call_->ask(group, communicator, number, patience, [this] {
      if (!fault_) (void)broken_by(advance());
    });
  };
  sim::Result<Attendance> of_group = ask(groups_[index_of(communicator)]);
  if (!of_group || of_group->missing.empty() || !of_group->silent.empty()) return of_group;
  const sim::Result<Attendance> of_world = ask(*group_of({world_size_, 1}, rank_, world_size_));
  if (!of_world) return tl::unexpected(of_world.error());
  of_group->silent_elsewhere = of_world->silent;
  return of_group;
}

void BookedTransport::abort() {
  give_up();
  if (!fault_) {
    fault_ = sim::Error{sim::ErrorCategory::kEnvironment, "the transport was aborted", "", "", ""};
  }
}

sim::Result<void> BookedTransport::close() {
  if (auto moved = progress(); !moved) return moved;
  if (const OpBook::Entry* entry = ops_.unfinished()) {
    return sim::input_error(
        "the transport is closed while an op runs",
        describe(entry->exchange, groups_[index_of(entry->exchange.communicator)]),
        "closing gives back its communicator", "wait for it, or abort");
  }
  for (std::uint32_t stream = 0; stream < streams_; ++stream) {
    const auto idle = stream_idle(stream);
    if (!idle) return tl::unexpected(idle.error());
    if (!*idle) {
      return sim::input_error(fmt::format("the transport is closed while stream {} runs", stream));
    }
  }
  const std::size_t count = memory_.count();
  const sim::Bytes leaked = memory_.bytes();
  sim::Result<void> result = shut();
  if (roll_call_) {
    if (auto closed = roll_call_->close(); !closed && result) result = closed;
  }
  fault_ = sim::Error{sim::ErrorCategory::kInput, "the transport is closed", "", "", ""};
  if (result && count > 0) {
    return sim::input_error(
        fmt::format("{} buffers of {} bytes were not freed", count, leaked.value()), "",
        "every buffer is freed before the transport is closed");
  }
  return result;
}

void BookedTransport::reached(OpId op) {
  const OpBook::Entry* entry = ops_.find(op);
  if (entry == nullptr || entry->status.state != OpState::kQueued) return;
  if (roll_call_) roll_call_->reached(entry->exchange.communicator, entry->number);
  ops_.started(op);
}

void BookedTransport::finished(OpId op, std::optional<sim::Seconds> measured) {
  reached(op);
  ops_.done(op, measured);
}

tl::unexpected<sim::Error> BookedTransport::lost(sim::Error error) {
  if (fault_) return tl::unexpected(*fault_);
  fault_ = error;  // nothing is advanced while the others are asked
  if (const std::optional<OpId> op = ops_.overdue(sim::Seconds(0))) {
    if (error.where.empty()) error.where = describe_op(*op).value_or("");
    if (!names_lost_peers()) {
      if (const auto attendance = this->attendance(*op, kPatience)) {
        error.why += (error.why.empty() ? "" : "; ") + in_words(*attendance);
      }
    }
    fault_ = error;
  }
  return tl::unexpected(std::move(error));
}

sim::Result<void> BookedTransport::progress() {
  if (auto usable = check_usable(); !usable) return usable;
  if (auto moved = advance(); !moved) return lost(moved.error());
  if (roll_call_) return broken_by(roll_call_->serve());
  return {};
}

}  // namespace seqspan::real
