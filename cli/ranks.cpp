#include "cli/ranks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <thread>
#include <utility>

#include "real/launch/host_name.hpp"
#include "real/launch/last_words.hpp"
#include "real/launch/local_ranks.hpp"
#include "real/launch/stop_request.hpp"
#include "real/transport/mpi_transport.hpp"
#include "real/transport/nccl_transport.hpp"

namespace seqspan::cli {
namespace {

constexpr std::chrono::milliseconds kTimeToForward(200);
constexpr int kSignalled = 128;  // + the signal, as a shell has it
// A short limit of exchanges is none of the start's, which takes seconds on a busy machine.
constexpr sim::Seconds kTimeToStart(30);

// Says what is wrong, unless another rank has said why all end. One that does not speak first gives
// the others time to do so, and is ended by them meanwhile.
[[noreturn]] void end_all(const sim::Error& error, bool speaks_first, Output& output) {
  real::end_on_stop_request();
  if (!speaks_first) std::this_thread::sleep_for(kTimeToSpeak);
  if (!real::MpiSession::is_aborted_by_other()) output.error(error);
  (void)output.finish();
  // What mpirun has not read of a rank's output when the job is aborted may be lost.
  std::this_thread::sleep_for(kTimeToForward);
  real::MpiSession::abort_all(static_cast<int>(exit_code_of(error.category)));
}

sim::Result<std::unique_ptr<real::Transport>> make_transport(Backend backend, sim::Seconds limit) {
  if (backend == Backend::kMpi) return real::make_mpi_transport();
  sim::Result<real::NcclWorld> world = real::nccl_world_of_mpi();
  if (!world) return tl::unexpected(world.error());
  world->limit = limit;
  world->shares_gpus = backend == Backend::kNcclShared;
  return real::make_nccl_transport(*std::move(world));
}

}  // namespace

sim::Result<RankSession> RankSession::start(Backend backend, sim::Seconds limit, Output& output) {
  RankSession ranks(limit, output);
  const real::Deadline deadline = ranks.until("MPI has not started");
  auto session = real::MpiSession::start();
  if (!session) return tl::unexpected(session.error());
  ranks.session_ = *std::move(session);
  auto transport = make_transport(backend, limit);
  // No GPU is no GPU on every rank of a host: the first says it.
  if (!transport) end_all(transport.error(), ranks.session_->is_first(), output);
  ranks.transport_ = *std::move(transport);
  real::note_stop_requests();
  return ranks;
}

real::Deadline RankSession::until(const char* what) const { return {limit_, overdue(what)}; }

std::function<void()> RankSession::overdue(const char* what) const {
  return [limit = limit_, output = output_, what] {
    output->error({sim::ErrorCategory::kEnvironment,
                   fmt::format("{} within {:g} s", what, limit.value()), real::host_name(),
                   "MPI waits there until all ranks have come",
                   "look for ranks that are stopped, dead, or off the network"});
    (void)output->finish();
    real::tell_launcher(static_cast<int>(ExitCode::kEnvironment));
    std::_Exit(static_cast<int>(ExitCode::kEnvironment));
  };
}

void RankSession::give_up(const sim::Error& error) const {
  // What is wrong with the input is wrong on every rank.
  end_all(error, is_first() || error.category != sim::ErrorCategory::kInput, *output_);
}

void RankSession::end() {
  const real::Deadline deadline = until("MPI has not ended");
  if (const auto closed = transport_->close(); !closed) give_up(closed.error());
  transport_.reset();
  session_.reset();
}

sim::Result<ExitCode> run_on_local_ranks(std::int64_t ranks, std::vector<std::string> words,
                                         const DisplayOptions& display, sim::Seconds limit,
                                         const std::string& kept, Output& output) {
  if (display.json) words.emplace_back("--json");
  if (display.ascii) words.emplace_back("--ascii");
  // mpirun gives its ranks a terminal of its own, whatever ours is.
  words.insert(words.end(), {"--color", output.style().colour ? "always" : "never"});
  const sim::Seconds time_to_start = std::max(limit, kTimeToStart);
  const auto run = real::run_local_ranks(ranks, words, time_to_start);
  if (!run) return tl::unexpected(run.error());
  if (run->started_only) {
    return sim::environment_error(
        fmt::format("mpirun has not started {} ranks within {:g} s", ranks, time_to_start.value()),
        real::host_name(), fmt::format("{} of them said that they run", *run->started_only),
        fmt::format("does mpirun -n {} hostname run? if so, run the same again", ranks));
  }
  if (run->status > kSignalled) {
    output.error({sim::ErrorCategory::kEnvironment,
                  fmt::format("signal {} ended mpirun", run->status - kSignalled), "", kept,
                  "run the same again"});
  } else if (!run->code) {
    output.error({sim::ErrorCategory::kEnvironment, "a rank, or mpirun, ended without a word", "",
                  kept, "look at what it printed, and run the same again"});
  }
  switch (run->status > kSignalled ? kSignalled : run->code.value_or(kSignalled)) {
    case static_cast<int>(ExitCode::kDone):
      return ExitCode::kDone;
    case static_cast<int>(ExitCode::kNo):
      return ExitCode::kNo;
    case static_cast<int>(ExitCode::kInput):
      return ExitCode::kInput;
    case static_cast<int>(ExitCode::kFault):
      return ExitCode::kFault;
    default:
      return ExitCode::kEnvironment;
  }
}

}  // namespace seqspan::cli
