// Words of texts, as the published files write them.
#include "profiles/replay/published/words.hpp"

#include <gtest/gtest.h>

namespace seqspan::profiles::published {
namespace {

TEST(PublishedWords, NamesAreTheSameWhateverTheirPunctuation) {
  EXPECT_EQ(plain("meta-llama/Llama-3-8B"), "llama38b");
  EXPECT_EQ(plain("Llama 3 8b"), "llama38b");
  EXPECT_EQ(plain(""), "");
}

TEST(PublishedWords, AWordIsAWholeOne) {
  EXPECT_TRUE(has_word("B200-SXM, 8 per node", "b200"));
  EXPECT_FALSE(has_word("GB200 NVL72", "b200"));
  EXPECT_TRUE(has_word("oom", "oom"));
  EXPECT_FALSE(has_word("room", "oom"));
  EXPECT_TRUE(says("Out Of Memory", "out of memory"));
}

TEST(PublishedWords, NumbersBehindAKey) {
  EXPECT_EQ(number_after("run out of memory at 64K", "at"), 65536);
  EXPECT_EQ(number_after("at 1M tokens", "at"), 1048576);
  EXPECT_EQ(number_after("with global batch 2 run", "global batch"), 2);
  EXPECT_EQ(number_after("layouts with tp = 8", "tp"), 8);
  EXPECT_EQ(number_after("http 1", "tp"), std::nullopt) << "the end of another word";
  EXPECT_EQ(number_after("tp=0", "tp"), std::nullopt);
  EXPECT_EQ(number_after("tp=99999999999999999999", "tp"), std::nullopt);
  EXPECT_EQ(numbers_after("tp=1 and tp=2", "tp"), (std::vector<std::int64_t>{1, 2}));
}

TEST(PublishedWords, NumbersBeforeAUnit) {
  EXPECT_EQ(number_before("1.6 tb/s", 3), 1.6);
  EXPECT_EQ(number_before("hdr 200 gb/s", 8), 200);
  EXPECT_EQ(number_before("some tb/s", 5), std::nullopt);
}

}  // namespace
}  // namespace seqspan::profiles::published
