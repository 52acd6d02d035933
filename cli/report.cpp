#include "cli/report.hpp"

#include <fmt/format.h>

#include <exception>
#include <new>

namespace seqspan::cli {
namespace {

int fault(const char* what, Output& output) {
  output.message(
      fmt::format("fault: {}\n  This is a mistake in seqspan, not in the input. Please report it, "
                  "with the command line and its files.\n",
                  what));
  return static_cast<int>(ExitCode::kFault);
}

}  // namespace

int report(const std::function<sim::Result<ExitCode>()>& command, Output& output) {
  try {
    sim::Result<ExitCode> code = command();
    const sim::Result<void> finished = output.finish();
    if (code && !finished) code = tl::unexpected(finished.error());
    if (code) return static_cast<int>(*code);
    output.error(code.error());
    return static_cast<int>(exit_code_of(code.error().category));
  } catch (const std::bad_alloc&) {
    const sim::Error error{sim::ErrorCategory::kEnvironment, "out of memory", "", "",
                           "use a smaller shape, or fewer ranks on this host"};
    output.error(error);
    return static_cast<int>(ExitCode::kEnvironment);
  } catch (const std::exception& exception) {
    return fault(exception.what(), output);
  } catch (...) {
    return fault("an exception of unknown type", output);
  }
}

}  // namespace seqspan::cli
