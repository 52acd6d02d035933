// What is refused, and how: before anything happens, with words that say what was wrong.
#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <thread>

#include "tests/real/transport/transport_fixture.hpp"

namespace seqspan::real {
namespace {

using sim::Collective;

class Misuse : public TransportTest {
 protected:
  template <class T>
  static std::string refusal(const sim::Result<T>& result) {
    if (result) return "accepted";
    EXPECT_EQ(result.error().category, sim::ErrorCategory::kInput);
    return result.error().what;
  }
};

TEST_F(Misuse, UnknownHandlesAreRefused) {
  const Memory memory = buffer(32);
  Exchange sum = exchange(Collective::kAllReduce, CommunicatorId(7), sim::DataType::kFloat32,
                          {{memory, memory, 8}});
  EXPECT_EQ(refusal(transport().start(sum)), "unknown communicator 7");
  sum.communicator = world_communicator();
  sum.stream = StreamId(9);
  EXPECT_EQ(refusal(transport().start(sum)), "unknown stream 9");
  EXPECT_EQ(refusal(transport().record(EventId(3), stream_)), "unknown event 3");
  EXPECT_EQ(refusal(transport().poll(OpId(77))), "unknown op 77");
  EXPECT_NE(refusal(transport().make_communicator({world() + 1, 1})).find("do not tile"),
            std::string::npos);
}

TEST_F(Misuse, SizesThatDoNotFitAreRefused) {
  const CommunicatorId id = world_communicator();
  const Memory memory = buffer(64);
  EXPECT_EQ(refusal(transport().start(exchange(Collective::kAllReduce, id, sim::DataType::kFloat32,
                                               {{memory, memory, 8}}))),
            "send buffer of 64 bytes where 32 are needed");
  const std::int64_t most = std::numeric_limits<std::int64_t>::max() / world() * world();
  EXPECT_NE(refusal(transport().start(exchange(Collective::kAllToAll, id, sim::DataType::kFloat32,
                                               {{memory, memory, most}})))
                .find("overflow"),
            std::string::npos);
}

TEST_F(Misuse, MemoryIsFreedOnceAndNotUsedAfterwards) {
  const CommunicatorId id = world_communicator();
  const Memory memory = buffer(32);
  forget(memory);
  succeed(transport().free(memory));
  EXPECT_NE(refusal(transport().free(memory)), "accepted");
  EXPECT_EQ(refusal(transport().start(exchange(Collective::kAllReduce, id, sim::DataType::kFloat32,
                                               {{memory, memory, 8}}))),
            "32 bytes lie in no live buffer of the transport");
  EXPECT_NE(refusal(transport().copy_in(stream_, memory, {})), "accepted");
}

TEST_F(Misuse, MemoryInUseIsNotFreed) {
  const CommunicatorId id = world_communicator();
  const Memory memory = buffer_of(small_values<float>(rank(), 8));
  succeed(transport().delay(stream_, sim::Seconds(0.05)));
  const OpId op =
      start(exchange(Collective::kAllReduce, id, sim::DataType::kFloat32, {{memory, memory, 8}}));
  EXPECT_EQ(refusal(transport().free(memory)), "a buffer is freed while an op uses it");
  EXPECT_NE(refusal(transport().release(op)), "accepted");
  EXPECT_NE(refusal(transport().close()), "accepted");
  finish_stream(stream_);
}

TEST_F(Misuse, ALeakIsReportedByClose) {
  const Memory memory = buffer(48);
  forget(memory);
  EXPECT_EQ(refusal(transport().close()), "1 buffers of 48 bytes were not freed");
  EXPECT_EQ(refusal(transport().make_stream()), "the transport is closed");
  transport_ = value_or_fail(make_transport_under_test());  // for TearDown
  (void)complaints_of_library();
}

// One rank does not come. The others are told who is missing, and it then comes after all.
TEST_F(Misuse, ALateRankIsNamed) {
  if (world() < 2) GTEST_SKIP() << "needs 2 ranks";
  const CommunicatorId id = world_communicator();
  const Memory memory = buffer_of(small_values<float>(rank(), 8));
  const std::int64_t late = world() - 1;
  const Exchange sum =
      exchange(Collective::kAllReduce, id, sim::DataType::kFloat32, {{memory, memory, 8}});
  bool has_come = false;
  const EventId end = value_or_fail(transport().make_event());
  if (rank() == late) succeed(transport().delay(stream_, sim::Seconds(3.0)));
  start(sum);
  succeed(transport().record(end, stream_));
  while (rank() != late && !has_come) {
    has_come = value_or_fail(transport().is_reached(end));
    const auto watched = watch(transport(), sim::Seconds(0.3));
    if (watched) continue;
    EXPECT_EQ(watched.error().category, sim::ErrorCategory::kEnvironment);
    EXPECT_NE(watched.error().what.find("all_reduce 'test' of rank"), std::string::npos);
    EXPECT_NE(watched.error().why.find("not arrived: rank " + std::to_string(late)),
              std::string::npos)
        << watched.error().why;
    break;
  }
  EXPECT_FALSE(has_come) << "the late rank was not late";
  finish_stream(stream_);
}

// One rank is away: it neither comes nor polls, as a stopped one does not.
TEST_F(Misuse, ASilentRankIsNamed) {
  if (world() < 2) GTEST_SKIP() << "needs 2 ranks";
  const CommunicatorId id = world_communicator();
  const Memory memory = buffer_of(small_values<float>(rank(), 8));
  // NCCL connects the ranks in start() of the first op, which then waits by itself.
  start(exchange(Collective::kAllReduce, id, sim::DataType::kFloat32, {{memory, memory, 8}}));
  finish_stream(stream_);
  const std::int64_t away = world() - 1;
  if (rank() == away) std::this_thread::sleep_for(std::chrono::seconds(3));
  start(exchange(Collective::kAllReduce, id, sim::DataType::kFloat32, {{memory, memory, 8}}));
  if (rank() != away) {
    sim::Result<void> watched;
    while (watched && !value_or_fail(transport().is_idle(stream_))) {
      watched = watch(transport(), sim::Seconds(0.3));
    }
    ASSERT_FALSE(watched) << "the rank was not away";
    EXPECT_NE(watched.error().why.find("no answer: rank " + std::to_string(away)),
              std::string::npos)
        << watched.error().why;
    EXPECT_NE(watched.error().why.find("arrived: rank"), std::string::npos);
  }
  finish_stream(stream_);
}

}  // namespace
}  // namespace seqspan::real
