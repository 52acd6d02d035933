#include "real/launch/last_words.hpp"

#include <gtest/gtest.h>

namespace seqspan::real {
namespace {

TEST(LastWords, AreTakenOutOfTheText) {
  LastWords words;
  EXPECT_EQ(words.take("one\n" + last_word(0) + "two\n"), "one\ntwo\n");
  EXPECT_EQ(words.count(), 1U);
  EXPECT_EQ(words.verdict(), 0);
}

TEST(LastWords, ThoseWhoRunAreCounted) {
  LastWords words;
  EXPECT_EQ(words.take(first_word() + "one\n" + first_word() + last_word(0)), "one\n");
  EXPECT_EQ(words.started(), 2);
  EXPECT_EQ(words.count(), 1U);  // that one of them has ended says nothing of a start
}

TEST(LastWords, MayBeCutAnywhere) {
  const std::string text = "one\n" + last_word(1) + "two\n";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    LastWords words;
    const std::string first = words.take(text.substr(0, cut));
    EXPECT_EQ(first + words.take(text.substr(cut)), "one\ntwo\n") << cut;
    EXPECT_EQ(words.verdict(), 1) << cut;
  }
}

// 1 is an answer of rank 0, whatever the others say.
TEST(LastWords, TheLargestCodeIsTheVerdictWhereNoneFails) {
  LastWords words;
  (void)words.take(last_word(0) + last_word(1) + last_word(0));
  EXPECT_EQ(words.verdict(), 1);
  EXPECT_EQ(words.count(), 3U);
  EXPECT_FALSE(words.has_failed());
}

TEST(LastWords, TheFirstFailureIsTheVerdictAndNothingAfterItIsPassedOn) {
  LastWords words;
  EXPECT_EQ(words.take("why\n" + last_word(2) + "noise\n" + last_word(3)), "why\n");
  EXPECT_EQ(words.take("noise\n"), "");
  EXPECT_EQ(words.verdict(), 2);
  EXPECT_TRUE(words.has_failed());
}

TEST(LastWords, NoneIsNoVerdict) {
  LastWords words;
  EXPECT_EQ(words.take("text\n\x1E"
                       "exit x\n"),
            "text\n");
  EXPECT_EQ(words.verdict(), std::nullopt);
  EXPECT_FALSE(words.has_failed());
}

}  // namespace
}  // namespace seqspan::real
