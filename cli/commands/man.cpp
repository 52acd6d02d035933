#include "cli/commands/man.hpp"

#include "cli/render/man_page.hpp"

namespace seqspan::cli {

sim::Result<ExitCode> man_command(Output& output) {
  output.answer(man_page());
  return ExitCode::kDone;
}

}  // namespace seqspan::cli
