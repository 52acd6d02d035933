#include "sim/spec/formats.hpp"

#include <gtest/gtest.h>

#include "sim/spec/json/parse.hpp"

namespace seqspan::sim {
namespace {

TEST(Formats, EverySchemaIsJson) {
  for (const std::string& name : format_names()) {
    const Result<std::string> schema = schema_text(name);
    ASSERT_TRUE(schema) << name;
    EXPECT_TRUE(json::parse(*schema, name)) << name;
    EXPECT_TRUE(describe_format(name)) << name;
  }
  EXPECT_EQ(schema_text("jobb").error().fix, "did you mean 'job'?");
}

TEST(Formats, ExplainsFieldsByPath) {
  EXPECT_NE(explain_field("config.training.sequence_length")->find("128K"), std::string::npos);
  EXPECT_TRUE(explain_field("cluster.device.nvlink.bandwidth"));
  EXPECT_TRUE(explain_field("config"));
  EXPECT_EQ(explain_field("layout.ulyses").error().fix, "did you mean 'ulysses'?");
  EXPECT_FALSE(explain_field("layout.tp.x"));
}

}  // namespace
}  // namespace seqspan::sim
