// What only the NCCL transport does, and that the double catches what it is there to catch.
#include <gtest/gtest.h>
#include <nccl.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "real/transport/nccl_transport.hpp"
#include "tests/real/double/double.hpp"
#include "tests/real/transport/transport_fixture.hpp"

namespace seqspan::real {
namespace {

using sim::Collective;

class NcclDouble : public TransportTest {
 protected:
  void all_to_all(Transport& transport) {
    const CommunicatorId id = value_or_fail(transport.make_communicator({world(), 1}));
    const StreamId stream = value_or_fail(transport.make_stream());
    const std::int64_t n = world();
    std::vector<float> mine = small_values<float>(rank(), 2 * n);
    const Memory send = value_or_fail(transport.allocate(sim::Bytes(8 * n)));
    const Memory receive = value_or_fail(transport.allocate(sim::Bytes(8 * n)));
    succeed(transport.copy_in(stream, send, std::as_bytes(std::span(mine))));
    Exchange op =
        exchange(Collective::kAllToAll, id, sim::DataType::kFloat32, {{send, receive, 2 * n}});
    op.stream = stream;
    (void)value_or_fail(transport.start(op));
    succeed(transport.copy_out(stream, std::as_writable_bytes(std::span(mine)), receive));
    succeed(finish(transport, stream, kLimit));
    for (std::int64_t from = 0; from < n; ++from) {
      EXPECT_EQ(mine[static_cast<std::size_t>(2 * from)], small_value(from, 2 * rank()));
    }
    succeed(transport.free(send));
    succeed(transport.free(receive));
  }
};

// Else the tests would say nothing: symbols that the double lacks come from the real libraries.
TEST_F(NcclDouble, TheRealLibrariesAreNotLoaded) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    EXPECT_EQ(line.find("libnccl"), std::string::npos) << line;
    EXPECT_EQ(line.find("libcudart"), std::string::npos) << line;
  }
}

TEST_F(NcclDouble, AllToAllIsTheLibrarysWhereItHasOne) {
  const int before = double_calls("ncclAlltoAll");
  all_to_all(transport());
  EXPECT_EQ(double_calls("ncclAlltoAll"), before + 1);
}

TEST_F(NcclDouble, AllToAllIsMessagesWithAnOlderLibrary) {
  const int before = double_calls("ncclAlltoAll");
  const int sends = double_calls("ncclSend");
  double_set_nccl_version(NCCL_VERSION(2, 27, 7));
  all_to_all(transport());
  EXPECT_EQ(double_calls("ncclAlltoAll"), before);
  EXPECT_EQ(double_calls("ncclSend"), sends + world());
}

TEST_F(NcclDouble, AllToAllIsMessagesByChoice) {
  NcclWorld world = value_or_fail(nccl_world_of_mpi());
  world.all_to_all = AllToAllBy::kMessages;
  const int before = double_calls("ncclAlltoAll");
  const auto chosen = value_or_fail(make_nccl_transport(std::move(world)));
  all_to_all(*chosen);
  EXPECT_EQ(double_calls("ncclAlltoAll"), before);
  succeed(chosen->close());
}

TEST_F(NcclDouble, RanksShareAGpuWhenTold) {
  NcclWorld world = value_or_fail(nccl_world_of_mpi());
  double_set_gpu_count(1);
  world.shares_gpus = true;
  const auto shared = value_or_fail(make_nccl_transport(std::move(world)));
  all_to_all(*shared);
  succeed(shared->close());
  // NCCL refuses two ranks of one host on one GPU: each says that it is a host of its own.
  const std::string host = std::getenv("NCCL_HOSTID");
  EXPECT_TRUE(host.ends_with("-rank-" + std::to_string(rank()))) << host;
  unsetenv("NCCL_HOSTID");
}

TEST_F(NcclDouble, NoGpuIsOneClearError) {
  for (const int gpus : {0, 1}) {
    double_set_gpu_count(gpus);
    NcclWorld world;
    world.device = 1;
    const auto refused = make_nccl_transport(std::move(world));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().category, sim::ErrorCategory::kEnvironment);
    EXPECT_EQ(refused.error().what.find("no GPU: "), 0U) << refused.error().what;
  }
  double_reset();
}

// The reader is on another stream, and no event says that the writer is done.
TEST_F(NcclDouble, ReadingBeforeAWaitIsCaught) {
  const CommunicatorId id = world_communicator();
  const StreamId other = value_or_fail(transport().make_stream());
  const Memory memory = buffer_of(small_values<float>(rank(), 8));
  const EventId done = value_or_fail(transport().make_event());
  std::vector<float> values(8);
  succeed(transport().delay(stream_, sim::Seconds(0.05)));
  start(exchange(Collective::kAllReduce, id, sim::DataType::kFloat32, {{memory, memory, 8}}));
  succeed(transport().record(done, stream_));
  succeed(transport().wait(other, done));
  succeed(transport().copy_out(other, std::as_writable_bytes(std::span(values)), memory));
  finish_stream(other);
  EXPECT_EQ(double_complaints().find("hazard"), std::string::npos) << "the event orders them";

  succeed(transport().delay(stream_, sim::Seconds(0.05)));
  start(exchange(Collective::kAllReduce, id, sim::DataType::kFloat32, {{memory, memory, 8}}));
  succeed(transport().copy_out(other, std::as_writable_bytes(std::span(values)), memory));
  EXPECT_NE(double_complaints().find("hazard"), std::string::npos);
  finish_stream(other);
  finish_stream(stream_);
}

// Work that is not an exchange is unknown to the transport's books; the double sees it.
TEST_F(NcclDouble, FreeingUnderACopyIsCaught) {
  const Memory memory = buffer_of(small_values<float>(rank(), 8));
  std::vector<float> values(8);
  succeed(transport().delay(stream_, sim::Seconds(0.05)));
  succeed(transport().copy_out(stream_, std::as_writable_bytes(std::span(values)), memory));
  forget(memory);
  succeed(transport().free(memory));
  EXPECT_NE(double_complaints().find("memory is freed while stream"), std::string::npos);
  finish_stream(stream_);
  EXPECT_NE(double_complaints().find("in no live allocation"), std::string::npos);
}

TEST_F(NcclDouble, UnmatchedGroupsAreCaught) {
  EXPECT_EQ(ncclGroupEnd(), ncclInvalidUsage);
  EXPECT_NE(double_complaints().find("without ncclGroupStart"), std::string::npos);
  EXPECT_EQ(ncclGroupStart(), ncclSuccess);
  EXPECT_NE(double_complaints().find("left open"), std::string::npos);
  EXPECT_EQ(ncclGroupEnd(), ncclSuccess);
}

}  // namespace
}  // namespace seqspan::real
