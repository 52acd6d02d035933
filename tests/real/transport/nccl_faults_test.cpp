// Peers that disagree, which NCCL would answer with a hang or with wrong numbers, or die. What an
// aborted transport leaves behind stays, so these tests have a program of their own.
#include <gtest/gtest.h>
#include <mpi.h>

#include <chrono>
#include <thread>

#include "real/transport/nccl_transport.hpp"
#include "tests/real/double/double.hpp"
#include "tests/real/transport/transport_fixture.hpp"

namespace seqspan::real {
namespace {

class NcclFaults : public TransportTest {
 protected:
  // Starts it, and says what the double thinks of it once it has run.
  void expect_complaint(const Exchange& wrong, const std::string& complaint) {
    sim::Result<void> result;
    const auto op = transport().start(wrong);
    if (op) result = finish(transport(), stream_, kLimit);
    EXPECT_TRUE(!op || !result) << "the transport is not told";
    EXPECT_NE(double_complaints().find(complaint), std::string::npos);
    transport().abort();
    transport_ = value_or_fail(make_transport_under_test());
    buffers_.clear();
  }
  void TearDown() override { succeed(transport().close()); }
};

TEST_F(NcclFaults, MismatchOfCounts) {
  if (world() < 2) GTEST_SKIP() << "needs 2 ranks";
  const CommunicatorId id = world_communicator();
  const std::int64_t elements = rank() == 0 ? 4 : 8;
  const Memory memory = buffer(elements * 4);
  expect_complaint(exchange(sim::Collective::kAllReduce, id, sim::DataType::kFloat32,
                            {{memory, memory, elements}}),
                   "different collectives, counts or types");
}

TEST_F(NcclFaults, MismatchOfTypes) {
  if (world() < 2) GTEST_SKIP() << "needs 2 ranks";
  const CommunicatorId id = world_communicator();
  const bool is_first = rank() == 0;
  const Memory memory = buffer(16);
  expect_complaint(exchange(sim::Collective::kAllReduce, id,
                            is_first ? sim::DataType::kFloat32 : sim::DataType::kBFloat16,
                            {{memory, memory, is_first ? 4 : 8}}),
                   "different collectives, counts or types");
}

// The communicator was well when it was asked, and the stream is idle a moment later because the
// collective has failed.
TEST_F(NcclFaults, AnErrorThatShowsOnlyWhenTheStreamIsIdle) {
  if (world() < 2) GTEST_SKIP() << "needs 2 ranks";
  const CommunicatorId id = world_communicator();
  const std::int64_t elements = rank() == 0 ? 4 : 8;
  const Memory memory = buffer(elements * 4);
  double_advance_by_queries_only();
  expect_complaint(exchange(sim::Collective::kAllReduce, id, sim::DataType::kFloat32,
                            {{memory, memory, elements}}),
                   "different collectives, counts or types");
  double_reset();
}

TEST_F(NcclFaults, ADeadPeerBreaksTheTransport) {
  (void)world_communicator();
  double_break_peers();
  const auto refused = transport().is_idle(stream_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().category, sim::ErrorCategory::kEnvironment);
  EXPECT_NE(refused.error().what.find("remote process exited"), std::string::npos);
  double_reset();
  EXPECT_FALSE(transport().make_stream()) << "a broken transport stays broken";
  const int aborted = double_calls("ncclCommAbort");
  transport().abort();
  EXPECT_EQ(double_calls("ncclCommAbort"), aborted + 2);  // the world's and the group's
  transport_ = value_or_fail(make_transport_under_test());
}

// NCCL says that a remote process is gone, and not which, nor what it was wanted for.
TEST_F(NcclFaults, ADeadPeerIsNamedWithTheOp) {
  if (world() < 2) GTEST_SKIP() << "needs 2 ranks";
  const CommunicatorId id = world_communicator();
  const Memory memory = buffer(16);
  // The first op connects the members, and would wait by itself.
  start(exchange(sim::Collective::kAllReduce, id, sim::DataType::kFloat32, {{memory, memory, 4}}));
  finish_stream(stream_);
  // A rank that still waits for that op would answer, and count as one that has not arrived.
  ASSERT_EQ(MPI_Barrier(MPI_COMM_WORLD), MPI_SUCCESS);
  const std::int64_t dead = world() - 1;
  if (rank() == dead) {
    std::this_thread::sleep_for(std::chrono::seconds(3));
  } else {
    start(
        exchange(sim::Collective::kAllReduce, id, sim::DataType::kFloat32, {{memory, memory, 4}}));
    double_break_peers();
    const auto refused = transport().is_idle(stream_);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().where.find("all_reduce 'test' of rank"), std::string::npos)
        << refused.error().where;
    EXPECT_NE(refused.error().why.find("no answer: rank " + std::to_string(dead)),
              std::string::npos)
        << refused.error().why;
    double_reset();
  }
  transport().abort();
  transport_ = value_or_fail(make_transport_under_test());
  buffers_.clear();
}

// NCCL connects the members of a communicator with its first op: one that does not come is named
// there too, by start().
TEST_F(NcclFaults, WhoDoesNotComeToTheFirstOpIsNamed) {
  if (world() < 2) GTEST_SKIP() << "needs 2 ranks";
  NcclWorld limited = value_or_fail(nccl_world_of_mpi());
  limited.limit = sim::Seconds(2.0);
  const auto transport = value_or_fail(make_nccl_transport(std::move(limited)));
  const CommunicatorId id = value_or_fail(transport->make_communicator({world(), 1}));
  const Memory memory = value_or_fail(transport->allocate(sim::Bytes(16)));
  const std::int64_t away = world() - 1;
  if (rank() == away) {
    std::this_thread::sleep_for(std::chrono::seconds(6));
  } else {
    Exchange sum =
        exchange(sim::Collective::kAllReduce, id, sim::DataType::kFloat32, {{memory, memory, 4}});
    sum.stream = value_or_fail(transport->make_stream());
    const auto refused = transport->start(std::move(sum));
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().what.find("has not ended within 2 s"), std::string::npos)
        << refused.error().what;
    EXPECT_NE(refused.error().why.find("no answer: rank " + std::to_string(away)),
              std::string::npos)
        << refused.error().why;
  }
  transport->abort();
}

}  // namespace
}  // namespace seqspan::real
