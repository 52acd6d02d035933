#include "real/transport/group.hpp"

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

namespace seqspan::real {
namespace {

using Ranks = std::vector<std::int64_t>;

// 8 ranks, size 2, stride 2: {0,2} {1,3} {4,6} {5,7}.
TEST(Group, TilesBlocksOfSizeTimesStride) {
  const Group group = group_of({.size = 2, .stride = 2}, 7, 8).value();
  EXPECT_EQ(group.members, (Ranks{5, 7}));
  EXPECT_EQ(group.index, 1);
  EXPECT_EQ(group.successor(), 0);
  EXPECT_EQ(group_of({.size = 2, .stride = 2}, 4, 8)->members, (Ranks{4, 6}));
}

TEST(Group, WorldThatIsNotTiledIsRefused) {
  for (const sim::GroupShape shape :
       {sim::GroupShape{3, 1}, sim::GroupShape{2, 3}, sim::GroupShape{0, 1}, sim::GroupShape{1, 0},
        sim::GroupShape{16, 1}, sim::GroupShape{INT64_MAX, INT64_MAX}, sim::GroupShape{4, 1, 3, 2},
        sim::GroupShape{4, 1, 2, 3}, sim::GroupShape{4, 1, 2, 0}, sim::GroupShape{4, 1, 4, 4},
        sim::GroupShape{4, 1, 2, INT64_MAX - 1}}) {
    const auto group = group_of(shape, 0, 8);
    ASSERT_FALSE(group);
    EXPECT_EQ(group.error().category, sim::ErrorCategory::kInput);
    EXPECT_NE(group.error().what.find("do not tile a world of 8 ranks"), std::string::npos);
  }
}

// Members agree on the group; siblings share no rank and have other colors.
RC_GTEST_PROP(Group, SiblingsPartitionTheWorld, ()) {
  const auto size = *rc::gen::inRange<std::int64_t>(1, 6);
  const auto stride = *rc::gen::inRange<std::int64_t>(1, 6);
  sim::GroupShape shape{size, stride};
  if (*rc::gen::arbitrary<bool>()) {
    const auto blocks = *rc::gen::inRange<std::int64_t>(1, 4);
    const auto runs = *rc::gen::inRange<std::int64_t>(2, 4);
    shape = {size * runs, stride, runs, shape.tile() * blocks};
  }
  const auto world = shape.tile() * *rc::gen::inRange<std::int64_t>(1, 4);
  for (std::int64_t rank = 0; rank < world; ++rank) {
    const Group mine = group_of(shape, rank, world).value();
    RC_ASSERT(mine.members[static_cast<std::size_t>(mine.index)] == rank);
    for (std::int64_t other = 0; other < world; ++other) {
      const Group theirs = group_of(shape, other, world).value();
      const bool is_member =
          std::find(mine.members.begin(), mine.members.end(), other) != mine.members.end();
      RC_ASSERT(is_member == (mine.color == theirs.color));
      RC_ASSERT(is_member == (mine.members == theirs.members));
    }
  }
}

TEST(Group, ListsRanksAndCountsTheRest) {
  EXPECT_EQ(list_ranks({}), "no rank");
  EXPECT_EQ(list_ranks({3}), "rank 3");
  EXPECT_EQ(list_ranks({0, 2}), "ranks 0, 2");
  Ranks many(20, 1);
  EXPECT_NE(list_ranks(many).find(" and 4 more"), std::string::npos);
}

}  // namespace
}  // namespace seqspan::real
