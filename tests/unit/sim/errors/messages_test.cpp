#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sim/errors/did_you_mean.hpp"
#include "sim/errors/format_error.hpp"
#include "sim/errors/quote.hpp"

namespace seqspan::sim {
namespace {

TEST(FormatError, LeavesOutWhatIsEmpty) {
  Error error;
  error.what = "unknown key 'ulyses'";
  EXPECT_EQ(format_error(error), "error: unknown key 'ulyses'");
  error.where = "x.json:12:5 (layout.ulyses)";
  error.fix = "did you mean 'ulysses'?";
  EXPECT_EQ(format_error(error),
            "error: unknown key 'ulyses'\n  at x.json:12:5 (layout.ulyses)\n"
            "  fix: did you mean 'ulysses'?");
}

TEST(DidYouMean, NearestNameOrTheList) {
  const std::vector<std::string> known = {"tp", "ulysses", "sequence_length"};
  EXPECT_EQ(nearest_name("ulyses", known), "ulysses");
  EXPECT_EQ(nearest_name("sequence_lenght", known), "sequence_length");  // one swap
  EXPECT_EQ(nearest_name("x", known), "");
  EXPECT_EQ(did_you_mean("hidden", known, "keys"), "known keys: tp, ulysses, sequence_length");
}

TEST(Quote, IsPrintableAndShort) {
  EXPECT_EQ(quote("a\n\xff"), "'a\\x0a\\xff'");
  EXPECT_EQ(quote(std::string(100, 'a')), "'" + std::string(60, 'a') + "...'");
}

}  // namespace
}  // namespace seqspan::sim
