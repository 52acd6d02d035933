#include "cli/output.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>

#include "tests/unit/cli/captured_output.hpp"

namespace seqspan::cli {
namespace {

TEST(Output, KeepsAnswersAndMessagesApart) {
  CapturedOutput captured;
  captured.output.answer("yes\n");
  captured.output.warning("careful");
  EXPECT_TRUE(captured.output.finish().has_value());
  EXPECT_EQ(captured.answers(), "yes\n");
  EXPECT_EQ(captured.messages(), "warning: careful\n");
}

TEST(Output, AReaderThatLeftIsNoError) {
  std::signal(SIGPIPE, SIG_IGN);
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  close(ends[0]);
  std::FILE* stream = fdopen(ends[1], "w");
  CapturedOutput captured;
  Output output(stream, {}, stderr, {});
  output.answer(std::string(1 << 20, 'x'));
  output.answer("more");
  EXPECT_TRUE(output.finish().has_value());
  std::fclose(stream);
}

TEST(Output, AFullDiskIs) {
  std::FILE* full = std::fopen("/dev/full", "w");
  if (full == nullptr) GTEST_SKIP() << "no /dev/full here";
  Output output(full, {}, stderr, {});
  output.answer("yes\n");
  const auto finished = output.finish();
  ASSERT_FALSE(finished.has_value());
  EXPECT_EQ(finished.error().category, sim::ErrorCategory::kEnvironment);
  std::fclose(full);
}

}  // namespace
}  // namespace seqspan::cli
