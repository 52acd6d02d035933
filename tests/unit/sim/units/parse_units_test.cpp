#include "sim/units/parse_units.hpp"

#include <gtest/gtest.h>
// RapidCheck's GoogleTest support needs gtest.h before it.
#include <rapidcheck/gtest.h>

#include <string>

#include "sim/units/format_units.hpp"

namespace seqspan::sim {
namespace {

TEST(ParseUnits, BytesAreExact) {
  EXPECT_EQ(parse_bytes("80GiB"), Bytes(80 * kGibi));
  EXPECT_EQ(parse_bytes("80 GiB"), Bytes(80 * kGibi));
  EXPECT_EQ(parse_bytes("1.5KiB"), Bytes(1536));
  EXPECT_EQ(parse_bytes("9.1875MiB"), Bytes(9633792));  // 9.1875 x 2^20
  EXPECT_EQ(parse_bytes("1GB"), Bytes(1000000000));
  EXPECT_EQ(parse_bytes("0"), Bytes(0));
}

TEST(ParseUnits, Rates) {
  EXPECT_DOUBLE_EQ(parse_bandwidth("400Gbps")->value(), 50e9);  // 400e9 bits / 8
  EXPECT_DOUBLE_EQ(parse_bandwidth("50GB/s")->value(), 50e9);
  EXPECT_DOUBLE_EQ(parse_bandwidth("1.6Tb/s")->value(), 200e9);
  EXPECT_DOUBLE_EQ(parse_flops("989TFLOPS")->value(), 989e12);
  EXPECT_DOUBLE_EQ(parse_time("2us")->value(), 2e-6);
}

TEST(ParseUnits, TokensAreBinary) {
  EXPECT_EQ(parse_tokens("128K"), Tokens(131072));
  EXPECT_EQ(parse_tokens("1M"), Tokens(1048576));
  EXPECT_EQ(parse_tokens("131072"), Tokens(131072));
}

TEST(ParseUnits, TokenBudgetsAreDecimal) {
  EXPECT_EQ(parse_token_budget("100B"), Tokens(100'000'000'000));
  EXPECT_EQ(parse_token_budget("1.5T"), Tokens(1'500'000'000'000));
  EXPECT_EQ(parse_token_budget("4096"), Tokens(4096));
  for (const char* text : {"", "-1B", "1e9", "9999999T", "1.5", "100 GB", "nan"}) {
    EXPECT_FALSE(parse_token_budget(text)) << text;
  }
}

TEST(ParseUnits, DurationsAreDaysAndHours) {
  EXPECT_DOUBLE_EQ(parse_duration("10d")->value(), 864e3);
  EXPECT_DOUBLE_EQ(parse_duration("36h")->value(), 129'600);
  EXPECT_DOUBLE_EQ(parse_duration("1.5min")->value(), 90);
  for (const char* text : {"", "10", "-1d", "10days", "1e400d", "inf"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
  EXPECT_EQ(format_duration(Seconds(864e3)), "10 days");
  EXPECT_EQ(format_duration(Seconds(5400)), "1.5 hours");
  EXPECT_EQ(format_duration(Seconds(3600)), "1 hour");
  EXPECT_EQ(format_duration(Seconds(86400)), "1 day");
  EXPECT_EQ(format_duration(Seconds(1)), "1 s");
  EXPECT_EQ(format_duration(Seconds(0.001)), "1 ms");
  EXPECT_EQ(format_token_count(Tokens(1'048'576)), "1.05 M");
  EXPECT_EQ(format_token_count(Tokens(999)), "999");
}

TEST(ParseUnits, RefusesWhatIsNoQuantity) {
  for (const char* text : {"", "80", "-1GiB", "nan", "inf", "GiB", "80gib", "1.5B", "80GiBs",
                           "1e3GiB", "9999999999999999999B", "8388608TiB", "1.GiB", " 1B"}) {
    EXPECT_FALSE(parse_bytes(text)) << text;
  }
  EXPECT_FALSE(parse_bandwidth("1e400GB/s"));
  EXPECT_FALSE(parse_bandwidth("50"));
  EXPECT_FALSE(parse_time("-2us"));
  EXPECT_FALSE(parse_tokens("0.3K"));
}

TEST(ParseUnits, ErrorListsTheUnits) {
  const Error error = parse_bytes("80Gi").error();
  EXPECT_NE(error.why.find("KiB, MiB, GiB, TiB"), std::string::npos) << error.why;
}

RC_GTEST_PROP(ParseUnits, BytesReadBack, ()) {
  const auto count = *rc::gen::inRange<std::int64_t>(0, std::int64_t{1} << 60);
  RC_ASSERT(parse_bytes(std::to_string(count) + "B") == Bytes(count));
}

TEST(FormatUnits, ReadAsPeopleWriteThem) {
  EXPECT_EQ(format_bytes(Bytes(80 * kGibi)), "80 GiB");
  EXPECT_EQ(format_bytes(Bytes(9633792)), "9.19 MiB");
  EXPECT_EQ(format_bytes(Bytes(512)), "512 B");
  EXPECT_EQ(format_bandwidth(BytesPerSecond(450e9)), "450 GB/s");
  EXPECT_EQ(format_time(Seconds(2e-6)), "2 us");
  EXPECT_EQ(format_time(Seconds(0)), "0 s");
  EXPECT_EQ(format_time(Seconds(5.9224e303)), "5.92e+303 s");
  EXPECT_EQ(format_time(Seconds(123456789)), "123456789 s");
  EXPECT_EQ(format_flops(FlopsPerSecond(989.4e12)), "989.4 TFLOP/s");
  EXPECT_EQ(format_count(6738415616), "6,738,415,616");
  EXPECT_EQ(format_count(-1234), "-1,234");
  EXPECT_EQ(format_count(999), "999");
}

}  // namespace
}  // namespace seqspan::sim
