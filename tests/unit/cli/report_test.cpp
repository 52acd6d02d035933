#include "cli/report.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/unit/cli/captured_output.hpp"

namespace seqspan::cli {
namespace {

TEST(Report, CodesOfErrors) {
  const auto code_of = [](sim::ErrorCategory category) {
    CapturedOutput captured;
    const auto command = [&]() -> sim::Result<ExitCode> {
      return tl::unexpected(sim::Error{category, "what", "where", "why", "fix"});
    };
    const int code = report(command, captured.output);
    EXPECT_EQ(captured.messages(), "error: what\n  at where\n  why: why\n  fix: fix\n");
    return code;
  };
  EXPECT_EQ(code_of(sim::ErrorCategory::kNo), 1);
  EXPECT_EQ(code_of(sim::ErrorCategory::kInput), 2);
  EXPECT_EQ(code_of(sim::ErrorCategory::kEnvironment), 3);
}

TEST(Report, AnExceptionIsAFaultOfOurs) {
  CapturedOutput captured;
  const auto command = []() -> sim::Result<ExitCode> { throw std::logic_error("oops"); };
  EXPECT_EQ(report(command, captured.output), 70);
  EXPECT_EQ(captured.messages().rfind("fault: oops\n", 0), 0U);
  EXPECT_NE(captured.messages().find("Please report it"), std::string::npos);
}

}  // namespace
}  // namespace seqspan::cli
