#include "sim/spec/document_lengths.hpp"

#include <gtest/gtest.h>

#include <string>

namespace seqspan::sim {
namespace {

TEST(ParseLengths, NumbersAndObjects) {
  const auto lengths = parse_lengths(
      "12\r\n\n {\"length\": 7, \"text\": \"length\\n\", \"more\": [{\"length\": 9}]}\n"
      "1073741824",
      "lengths");
  ASSERT_TRUE(lengths) << lengths.error().what;
  EXPECT_EQ(*lengths, (std::vector<std::int64_t>{12, 7, 1073741824}));
}

struct Bad {
  const char* text;
  const char* what;
  const char* where;
};

TEST(ParseLengths, SaysWhichLineIsWrong) {
  for (const Bad& bad : {
           Bad{"", "the file has no lengths", "lengths"},
           Bad{"\n \n", "the file has no lengths", "lengths"},
           Bad{"1\n0\n", "a document of '0' tokens", "lengths:2"},
           Bad{"1\n\n-3\n", "a document of '-3' tokens", "lengths:3"},
           Bad{"1073741825", "a document of '1073741825' tokens", "lengths:1"},
           Bad{"99999999999999999999999", "a document of '99999999999999999999999' tokens",
               "lengths:1"},
           Bad{"12.5", "this line is no whole number and no JSON object: '12.5'", "lengths:1"},
           Bad{"1e3", "this line is no whole number and no JSON object: '1e3'", "lengths:1"},
           Bad{"nan", "this line is no whole number and no JSON object: 'nan'", "lengths:1"},
           Bad{"1 2", "this line is no whole number and no JSON object: '1 2'", "lengths:1"},
           Bad{"{\"length\": 7", "this line is no JSON object: '{\"length\": 7'", "lengths:1"},
           Bad{"{\"len\": 7}", "this object has no \"length\": '{\"len\": 7}'", "lengths:1"},
           Bad{"{\"length\": 7.5}", "\"length\" is not one whole number: '{\"length\": 7.5}'",
               "lengths:1"},
           Bad{"{\"length\": \"7\"}", "\"length\" is not one whole number: '{\"length\": \"7\"}'",
               "lengths:1"},
           Bad{"{\"length\": 7, \"length\": 8}",
               "\"length\" is not one whole number: '{\"length\": 7, \"length\": 8}'", "lengths:1"},
           Bad{"{\"length\": {}}", "\"length\" is not one whole number: '{\"length\": {}}'",
               "lengths:1"},
           Bad{"{\"length\": -1}", "a document of '{\"length\": -1}' tokens", "lengths:1"},
       }) {
    const auto lengths = parse_lengths(bad.text, "lengths");
    ASSERT_FALSE(lengths) << bad.text;
    EXPECT_EQ(lengths.error().what, bad.what);
    EXPECT_EQ(lengths.error().where, bad.where);
    EXPECT_EQ(lengths.error().category, ErrorCategory::kInput);
  }
}

}  // namespace
}  // namespace seqspan::sim
