#include "sim/spec/json/parse.hpp"

#include <gtest/gtest.h>

namespace seqspan::sim::json {
namespace {

TEST(JsonParse, KnowsWhereValuesAndKeysStand) {
  const Result<Value> value = parse("{\n  \"a\\\"b\": 1,\n  \"c\": [true, -2.5]\n}", "f.json");
  ASSERT_TRUE(value);
  ASSERT_EQ(value->members.size(), 2U);
  EXPECT_EQ(value->members[0].key, "a\"b");
  EXPECT_EQ(where(value->members[0].place, {}), "f.json:2:3");
  EXPECT_EQ(where(value->members[0].value.place, {}), "f.json:2:11");
  EXPECT_EQ(where(value->members[1].value.items[1].place, "c[1]"), "f.json:3:15 (c[1])");
}

TEST(JsonParse, LimitsDepthAndSize) {
  const std::string deep(static_cast<std::size_t>(kDeepest), '[');
  const std::string end(static_cast<std::size_t>(kDeepest), ']');
  EXPECT_TRUE(parse(deep + end, "f"));
  EXPECT_FALSE(parse("[" + deep + end + "]", "f"));
  EXPECT_FALSE(parse(std::string(static_cast<std::size_t>(kLargestFile.value()) + 1, ' '), "f"));
}

TEST(JsonParse, ReadsPastAByteOrderMark) { EXPECT_TRUE(parse("\xEF\xBB\xBF{\"a\": 1}", "f")); }

}  // namespace
}  // namespace seqspan::sim::json
