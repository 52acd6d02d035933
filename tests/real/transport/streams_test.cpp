// Order: in a stream, between streams, between communicators.
#include <gtest/gtest.h>

#include "tests/real/transport/transport_fixture.hpp"

namespace seqspan::real {
namespace {

using sim::Collective;

class Streams : public TransportTest {
 protected:
  StreamId stream() { return value_or_fail(transport().make_stream()); }
  EventId event() { return value_or_fail(transport().make_event()); }
};

TEST_F(Streams, WorkOfOneStreamRunsInOrder) {
  std::string order;
  succeed(transport().call(stream_, [&] { order += "a"; }));
  succeed(transport().delay(stream_, sim::Seconds(0.02)));
  succeed(transport().call(stream_, [&] { order += "b"; }));
  finish_stream(stream_);
  EXPECT_EQ(order, "ab");
}

TEST_F(Streams, AnEventHoldsTheOtherStream) {
  const StreamId other = stream();
  const EventId ready = event();
  std::string order;
  succeed(transport().delay(stream_, sim::Seconds(0.05)));
  succeed(transport().call(stream_, [&] { order += "a"; }));
  succeed(transport().record(ready, stream_));
  succeed(transport().wait(other, ready));
  succeed(transport().call(other, [&] { order += "b"; }));
  EXPECT_FALSE(value_or_fail(transport().is_idle(other)));
  finish_stream(other);
  EXPECT_TRUE(value_or_fail(transport().is_reached(ready)));
  finish_stream(stream_);
  EXPECT_EQ(order, "ab");
}

// The wait is for the record before it, not for a later one.
TEST_F(Streams, AWaitTakesTheLatestRecordBeforeIt) {
  const StreamId other = stream();
  const EventId ready = event();
  succeed(transport().wait(other, ready));  // never recorded: holds nothing
  succeed(transport().record(ready, stream_));
  succeed(transport().wait(other, ready));
  succeed(transport().delay(stream_, sim::Seconds(0.05)));
  succeed(transport().record(ready, stream_));
  bool has_run = false;
  succeed(transport().call(other, [&] { has_run = true; }));
  finish_stream(other);
  EXPECT_TRUE(has_run);
  finish_stream(stream_);
}

// Two communicators of crossing groups on two streams, given in opposite order by odd and even
// ranks: each communicator's order is the same everywhere, which is all that is asked.
TEST_F(Streams, CommunicatorsMayBeUsedInDifferentOrder) {
  if (world() < 4) GTEST_SKIP() << "needs 4 ranks";
  const CommunicatorId rows = communicator(2, 1);
  const CommunicatorId columns = communicator(world() / 2, 2);
  const StreamId other = stream();
  const Memory a = buffer_of(small_values<float>(rank(), 8));
  const Memory b = buffer_of(small_values<float>(rank(), 8));
  Exchange first = exchange(Collective::kAllReduce, rows, sim::DataType::kFloat32, {{a, a, 8}});
  Exchange second = exchange(Collective::kAllReduce, columns, sim::DataType::kFloat32, {{b, b, 8}});
  second.stream = other;
  if (rank() % 2 == 0) std::swap(first, second);
  start(first);
  start(second);
  finish_stream(stream_);
  finish_stream(other);
  for (const auto& [memory, id] : {std::pair{a, rows}, std::pair{b, columns}}) {
    float total = 0;
    for (const std::int64_t member : group(id).members) total += small_value(member, 3);
    EXPECT_EQ(values_in<float>(memory)[3], total);
  }
}

// A chain over streams: shift, wait, sum, wait, gather. Without the events the sum would take what
// has not arrived.
TEST_F(Streams, ExchangesFollowEachOtherAcrossStreams) {
  const CommunicatorId ring = world_communicator();
  const CommunicatorId sums = world_communicator();
  const StreamId other = stream();
  const EventId shifted = event();
  const std::int64_t n = world();
  const Memory mine = buffer_of(small_values<float>(rank(), 16));
  const Memory received = buffer(64);
  succeed(transport().delay(stream_, sim::Seconds(0.01 * static_cast<double>(rank() % 3))));
  start(exchange(Collective::kRingShift, ring, sim::DataType::kFloat32, {{mine, received, 16}}));
  succeed(transport().record(shifted, stream_));
  succeed(transport().wait(other, shifted));
  Exchange sum =
      exchange(Collective::kAllReduce, sums, sim::DataType::kFloat32, {{received, received, 16}});
  sum.stream = other;
  start(sum);
  finish_stream(other);
  finish_stream(stream_);
  float total = 0;
  for (std::int64_t r = 0; r < n; ++r) total += small_value(r, 5);
  EXPECT_EQ(values_in<float>(received, other)[5], total);
}

// One communicator on two streams is used in the order given, on every rank.
TEST_F(Streams, OneCommunicatorOnTwoStreams) {
  const CommunicatorId id = world_communicator();
  const StreamId other = stream();
  const Memory a = buffer_of(small_values<float>(rank(), 8));
  const Memory b = buffer_of(small_values<float>(rank() + 1, 8));
  // On the first stream of even ranks this is late; the other stream must not overtake it.
  if (rank() % 2 == 0) succeed(transport().delay(stream_, sim::Seconds(0.03)));
  start(exchange(Collective::kAllReduce, id, sim::DataType::kFloat32, {{a, a, 8}}));
  Exchange second = exchange(Collective::kAllReduce, id, sim::DataType::kFloat32, {{b, b, 8}});
  second.stream = other;
  start(second);
  finish_stream(stream_);
  finish_stream(other);
  float total = 0;
  float next_total = 0;
  for (std::int64_t r = 0; r < world(); ++r) {
    total += small_value(r, 2);
    next_total += small_value(r + 1, 2);
  }
  EXPECT_EQ(values_in<float>(a)[2], total);
  EXPECT_EQ(values_in<float>(b)[2], next_total);
}

}  // namespace
}  // namespace seqspan::real
