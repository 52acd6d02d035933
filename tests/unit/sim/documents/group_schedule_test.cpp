#include "sim/documents/group_schedule.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace seqspan::sim {
namespace {

// 4 ranks: one document of all four for 2 s, then two pairs for 3 s and 1 s, then single ones: of 1
// s and 1 s to the ranks of the second pair, of 4 s, which goes first, too: 2 + 1 + 4 = 7 on one of
// them, 2 + 1 + 1 + 1 on the other. Work: 4 x 2 + 2 x 3 + 2 x 1 + 6 = 22 of 4 ranks.
TEST(GroupSchedule, ByHand) {
  std::vector<GroupedDocument> documents{{1, 1}, {2, 3}, {4, 2}, {1, 4}, {2, 1}, {1, 1}};
  const GroupSchedule::Length length = GroupSchedule(4).read(documents);
  EXPECT_DOUBLE_EQ(length.longest, 7);
  EXPECT_DOUBLE_EQ(length.mean, 5.5);
}

TEST(GroupSchedule, EqualDocumentsFillTheRanks) {
  std::vector<GroupedDocument> documents(16, {1, 1.5});
  const GroupSchedule::Length length = GroupSchedule(8).read(documents);
  EXPECT_DOUBLE_EQ(length.longest, 3);
  EXPECT_DOUBLE_EQ(length.mean, 3);
}

// No rank is done before its work is, and none idles while a longer queue stands elsewhere:
// longest <= mean + the longest document (Graham 1969), with groups in sizes that nest.
RC_GTEST_PROP(GroupSchedule, IsWithinOneDocumentOfEven, ()) {
  std::vector<GroupedDocument> documents;
  double longest = 0;
  for (int i = *rc::gen::inRange(1, 40); i > 0; --i) {
    const double seconds = *rc::gen::inRange(1, 20);
    documents.push_back({*rc::gen::element<std::int64_t>(1, 2, 4, 8), seconds});
    longest = std::max(longest, seconds);
  }
  const GroupSchedule::Length length = GroupSchedule(8).read(documents);
  RC_ASSERT(length.longest >= length.mean - 1e-9);
  RC_ASSERT(length.longest >= longest);
  RC_ASSERT(length.longest <= length.mean + longest + 1e-9);
}

}  // namespace
}  // namespace seqspan::sim
