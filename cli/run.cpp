#include "cli/run.hpp"

#include <unistd.h>

#include <csignal>
#include <thread>

#include "cli/arguments.hpp"
#include "cli/commands/cluster.hpp"
#include "cli/commands/completion.hpp"
#include "cli/commands/diff.hpp"
#include "cli/commands/explain.hpp"
#include "cli/commands/export.hpp"
#include "cli/commands/memory.hpp"
#include "cli/commands/plan.hpp"
#include "cli/commands/profile.hpp"
#include "cli/commands/replay.hpp"
#include "cli/commands/report.hpp"
#include "cli/commands/schema.hpp"
#include "cli/commands/serve.hpp"
#include "cli/commands/simulate.hpp"
#include "cli/commands/trace.hpp"
#include "cli/commands/validate.hpp"
#include "cli/commands/version.hpp"
#include "cli/exit_code.hpp"
#include "cli/ranks.hpp"
#include "cli/report.hpp"
#include "real/launch/last_words.hpp"
#include "real/launch/local_ranks.hpp"

namespace seqspan::cli {
namespace {

struct Command {
  const DisplayOptions& display;
  Output& output;

  using Answer = sim::Result<ExitCode>;
  Answer operator()(const PlanArguments& a) const { return plan_command(a, display, output); }
  Answer operator()(const SimulateArguments& a) const {
    return simulate_command(a, display, output);
  }
  Answer operator()(const MemoryArguments& a) const { return memory_command(a, display, output); }
  Answer operator()(const ClusterArguments& a) const { return cluster_command(a, display, output); }
  Answer operator()(const ProfileArguments& a) const { return profile_command(a, display, output); }
  Answer operator()(const ValidateArguments& a) const {
    return validate_command(a, display, output);
  }
  Answer operator()(const DiffArguments& a) const { return diff_command(a, display, output); }
  Answer operator()(const ExportArguments& a) const { return export_command(a, display, output); }
  Answer operator()(const ImportArguments& a) const { return import_command(a, display, output); }
  Answer operator()(const ReportArguments& a) const { return report_command(a, output); }
  Answer operator()(const ServeArguments& a) const { return serve_command(a, output); }
  Answer operator()(const TraceArguments& a) const { return trace_command(a, display, output); }
  Answer operator()(const ReplayArguments& a) const { return replay_command(a, display, output); }
  Answer operator()(const ExplainArguments& a) const { return explain_command(a, display, output); }
  Answer operator()(const SchemaArguments& a) const { return schema_command(a, display, output); }
  Answer operator()(const CompletionArguments& a) const { return completion_command(a, output); }
  Answer operator()(const VersionArguments& a) const { return version_command(a, display, output); }
  Answer operator()(const HelpArguments& a) const {
    output.answer(a.text);
    return ExitCode::kDone;
  }
};

bool runs_on_ranks(const std::vector<std::string>& arguments) {
  const auto is = [&](std::size_t word, const char* text) {
    return word < arguments.size() && arguments[word] == text;
  };
  return is(0, "validate") || (is(0, "profile") && is(1, "run"));
}

// Whether this process is to say what is wrong with its command line. All ranks have the same one:
// the first says it, and mpirun ends the others meanwhile. One that is still there has another
// line. srun ends nobody: of its ranks the first speaks.
bool is_to_speak(const std::vector<std::string>& arguments) {
  if (!real::is_a_later_rank()) return true;
  if (real::is_started_by_srun() && runs_on_ranks(arguments)) return false;
  std::this_thread::sleep_for(kTimeToSpeak);
  return true;
}

sim::Result<ExitCode> run_command(const std::vector<std::string>& arguments, Output& output) {
  const sim::Result<Invocation> invocation = parse_arguments(arguments);
  if (!invocation) {
    if (is_to_speak(arguments)) return tl::unexpected(invocation.error());
    return exit_code_of(invocation.error().category);
  }
  output.set_display(invocation->display);
  return std::visit(Command{invocation->display, output}, invocation->request);
}

}  // namespace

int run(const std::vector<std::string>& arguments, Output& output) {
  return report([&] { return run_command(arguments, output); }, output);
}

int run(int argc, const char* const* argv) {
  // A reader that leaves early is noticed where it is written to (Output), not by a signal.
  std::signal(SIGPIPE, SIG_IGN);
  real::tell_launcher_of_start();
  Output output(stdout, terminal_of(STDOUT_FILENO), stderr, terminal_of(STDERR_FILENO));
  const int named = argc > 0 ? 1 : 0;
  const int code = run(std::vector<std::string>(argv + named, argv + argc), output);
  if (!real::is_launched()) return code;
  // Who listens passes it on; to mpirun, which would complain, the process has ended well.
  real::tell_launcher(code);
  return 0;
}

}  // namespace seqspan::cli
