// What every transport does alike: handles, checks, books and the roll call. A transport adds the
// hooks below; they are called only with what has been checked.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "real/transport/memory_book.hpp"
#include "real/transport/op_book.hpp"
#include "real/transport/transport.hpp"

namespace seqspan::real {

class BookedTransport : public Transport {
 public:
  [[nodiscard]] std::int64_t rank() const final { return rank_; }
  [[nodiscard]] std::int64_t world_size() const final { return world_size_; }

  [[nodiscard]] sim::Result<CommunicatorId> make_communicator(const sim::GroupShape& shape) final;
  [[nodiscard]] sim::Result<Group> group(CommunicatorId communicator) const final;
  [[nodiscard]] sim::Result<Memory> allocate(sim::Bytes size) final;
  [[nodiscard]] sim::Result<void> free(const Memory& memory) final;
  [[nodiscard]] sim::Result<StreamId> make_stream() final;
  [[nodiscard]] sim::Result<EventId> make_event() final;
  [[nodiscard]] sim::Result<void> record(EventId event, StreamId stream) final;
  [[nodiscard]] sim::Result<void> wait(StreamId stream, EventId event) final;
  [[nodiscard]] sim::Result<bool> is_reached(EventId event) final;
  [[nodiscard]] sim::Result<void> copy_in(StreamId stream, const Memory& to,
                                          std::span<const std::byte> from) final;
  [[nodiscard]] sim::Result<void> copy_out(StreamId stream, std::span<std::byte> to,
                                           const Memory& from) final;
  [[nodiscard]] sim::Result<void> delay(StreamId stream, sim::Seconds time) final;
  [[nodiscard]] sim::Result<void> call(StreamId stream, std::function<void()> work) final;
  [[nodiscard]] sim::Result<OpId> start(Exchange exchange) final;
  [[nodiscard]] sim::Result<OpStatus> poll(OpId op) final;
  [[nodiscard]] sim::Result<void> release(OpId op) final;
  [[nodiscard]] sim::Result<bool> is_idle(StreamId stream) final;
  [[nodiscard]] std::optional<OpId> overdue(sim::Seconds limit) final {
    return ops_.overdue(limit);
  }
  [[nodiscard]] sim::Result<std::string> describe_op(OpId op) const final;
  [[nodiscard]] sim::Result<Attendance> attendance(OpId op, sim::Seconds patience) final;
  void abort() final;
  [[nodiscard]] sim::Result<void> close() final;

 protected:
  BookedTransport(std::int64_t rank, std::int64_t world_size, std::unique_ptr<RollCall> roll_call)
      : rank_(rank), world_size_(world_size), roll_call_(std::move(roll_call)) {}

  // Handles are given out from 0; a hook that makes something makes the next one. An error from a
  // hook that gives or advances work breaks the transport.
  virtual sim::Result<void> join(const Group& group) = 0;
  virtual sim::Result<std::byte*> acquire(sim::Bytes size) = 0;
  virtual sim::Result<void> give_back(std::byte* address) = 0;
  virtual sim::Result<void> add_stream() = 0;
  virtual sim::Result<void> add_event() = 0;
  virtual sim::Result<void> give_record(std::size_t event, std::size_t stream) = 0;
  virtual sim::Result<void> give_wait(std::size_t stream, std::size_t event) = 0;
  virtual sim::Result<bool> event_reached(std::size_t event) = 0;
  virtual sim::Result<void> give_copy_in(std::size_t stream, const Memory& to,
                                         std::span<const std::byte> from) = 0;
  virtual sim::Result<void> give_copy_out(std::size_t stream, std::span<std::byte> to,
                                          const Memory& from) = 0;
  virtual sim::Result<void> give_delay(std::size_t stream, sim::Seconds time) = 0;
  virtual sim::Result<void> give_call(std::size_t stream, std::function<void()> work) = 0;
  // What this library refuses besides check_exchange.
  virtual sim::Result<void> refuse(const Exchange& exchange, const Group& group) = 0;
  virtual sim::Result<void> give_exchange(OpId op, const Exchange& exchange,
                                          const Group& group) = 0;
  // Moves everything on as far as it goes, and reports with reached() and finished().
  virtual sim::Result<void> advance() = 0;
  virtual sim::Result<bool> stream_idle(std::size_t stream) = 0;
  // Whether the library's errors say which peer is gone. Else the others are asked, which takes
  // those that do not answer a second.
  [[nodiscard]] virtual bool names_lost_peers() const { return true; }
  virtual void give_up() = 0;
  // All is idle: gives back communicators, streams and events, and memory that was not freed.
  virtual sim::Result<void> shut() = 0;

  void reached(OpId op);
  void finished(OpId op, std::optional<sim::Seconds> measured = std::nullopt);
  // Work under way has failed: remembers it, with the op that ran and with who answers, since the
  // library knows only that somebody is gone.
  tl::unexpected<sim::Error> lost(sim::Error error);
  // advance() and the roll call.
  sim::Result<void> progress();

 private:
  [[nodiscard]] sim::Result<void> check_usable() const;
  [[nodiscard]] sim::Result<void> check_stream(StreamId stream) const;
  [[nodiscard]] sim::Result<void> check_event(EventId event) const;
  [[nodiscard]] sim::Result<const OpBook::Entry*> find_op(OpId op) const;
  // Remembers an error that breaks the transport.
  template <class T>
  sim::Result<T> broken_by(sim::Result<T> result);

  std::int64_t rank_;
  std::int64_t world_size_;
  std::unique_ptr<RollCall> roll_call_;
  std::vector<Group> groups_;
  std::uint32_t streams_ = 0;
  std::uint32_t events_ = 0;
  MemoryBook memory_;
  OpBook ops_;
  std::optional<sim::Error> fault_;
};

}  // namespace seqspan::real
