// The counting itself: one call of each kind with known sizes.
#include "tests/real/oracle/wire.hpp"

#include <gtest/gtest.h>

#include <array>

#include "tests/real/oracle/grid.hpp"

namespace seqspan::oracle {
namespace {

TEST(Wire, CountsWhatLeavesThisRank) {
  const int n = world_size();
  const Group group("ring", 0);
  constexpr int kBlock = 3;
  std::vector<float> many(static_cast<std::size_t>(kBlock * n));
  std::vector<float> received(many.size());
  std::array<std::int64_t, kBlock> ids{};
  std::vector<std::int64_t> all_ids(ids.size() * static_cast<std::size_t>(n));

  (void)take_sent();
  MPI_Alltoall(many.data(), kBlock, MPI_FLOAT, received.data(), kBlock, MPI_FLOAT, group.handle());
  MPI_Allgather(ids.data(), kBlock, MPI_INT64_T, all_ids.data(), kBlock, MPI_INT64_T,
                group.handle());
  MPI_Reduce_scatter_block(many.data(), received.data(), kBlock, MPI_FLOAT, MPI_SUM,
                           group.handle());
  const int before = (group.rank() + n - 1) % n;
  MPI_Sendrecv(many.data(), kBlock, MPI_FLOAT, before, 0, received.data(), kBlock, MPI_FLOAT,
               (group.rank() + 1) % n, 0, group.handle(), MPI_STATUS_IGNORE);

  const std::vector<Sent> sent = take_sent();
  EXPECT_TRUE(take_sent().empty());
  ASSERT_EQ(sent.size(), n == 1 ? 3U : 4U);  // a message to oneself leaves nobody
  EXPECT_EQ(sent[0].call, Call::kAllToAll);
  EXPECT_EQ(sent[0].bytes(), 4 * kBlock * (n - 1));
  EXPECT_EQ(sent[1].call, Call::kAllGather);
  EXPECT_EQ(sent[1].bytes(), 8 * kBlock * (n - 1));
  EXPECT_EQ(sent[2].call, Call::kReduceScatter);
  EXPECT_EQ(sent[2].bytes(), 4 * kBlock * (n - 1));
  EXPECT_EQ(sent[2].group, "ring");
  if (n == 1) return;
  EXPECT_EQ(sent[3].call, Call::kSend);
  EXPECT_EQ(sent[3].bytes(), 4 * kBlock);
  EXPECT_EQ(sent[3].offset, n - 1);
}

}  // namespace
}  // namespace seqspan::oracle
