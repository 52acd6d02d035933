#include "real/launch/local_ranks.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <thread>
#include <vector>

#include "real/launch/last_words.hpp"

namespace seqspan::real {
namespace {

constexpr int kSignalled = 128;

// A name that stays the same when mpirun starts it in another folder.
sim::Result<std::string> own_path() {
  std::array<char, 4096> path{};
  const ssize_t length = readlink("/proc/self/exe", path.data(), path.size() - 1);
  if (length <= 0) return sim::environment_error("cannot find this program's own file");
  return std::string(path.data(), static_cast<std::size_t>(length));
}

bool several_tasks(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && std::strtol(value, nullptr, 10) > 1;
}

volatile std::sig_atomic_t launched = 0;
volatile std::sig_atomic_t passed_on = 0;

extern "C" void seqspan_pass_on_stop(int /*signal*/) {
  passed_on = 1;
  if (launched > 0) kill(static_cast<pid_t>(launched), SIGTERM);
}

// While it lives, who ends this process ends the child: what asks for an end is passed on, and
// Ctrl-C, which reaches the child by itself, does not end this one before it.
class PassOnSignals {
 public:
  explicit PassOnSignals(pid_t child) {
    launched = child;
    passed_on = 0;
    struct sigaction pass_on {};
    pass_on.sa_handler = seqspan_pass_on_stop;
    struct sigaction ignore {};
    ignore.sa_handler = SIG_IGN;
    for (std::size_t i = 0; i < kSignals.size(); ++i) {
      sigaction(kSignals[i], kSignals[i] == SIGINT ? &ignore : &pass_on, &before_[i]);
    }
  }
  PassOnSignals(const PassOnSignals&) = delete;
  PassOnSignals& operator=(const PassOnSignals&) = delete;
  ~PassOnSignals() {
    for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &before_[i], nullptr);
    launched = 0;
  }

 private:
  static constexpr std::array kSignals = {SIGTERM, SIGHUP, SIGINT};
  std::array<struct sigaction, kSignals.size()> before_{};
};

// Starts a program that gets SIGTERM when this process dies, however it dies, and writes its
// messages to `messages`. 0, or errno.
int start(std::vector<char*>& words, int messages, pid_t& child) {
  std::array<int, 2> failed{};  // closed by a successful exec
  if (pipe2(failed.data(), O_CLOEXEC) != 0) return errno;
  const pid_t parent = getpid();
  child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() == parent && dup2(messages, STDERR_FILENO) >= 0) {
      execvp(words.front(), words.data());
    }
    const int reason = errno;
    (void)!write(failed[1], &reason, sizeof reason);
    _exit(kSignalled - 1);
  }
  int reason = child < 0 ? errno : 0;
  close(failed[1]);
  if (child > 0 && read(failed[0], &reason, sizeof reason) > 0) waitpid(child, nullptr, 0);
  close(failed[0]);
  return reason;
}

// Passes on what the child writes until it has ended, and ends it once a rank has failed.
class Relay {
 public:
  Relay(pid_t child, int messages, std::int64_t ranks, sim::Seconds time_to_start)
      : child_(child), messages_(messages), ranks_(ranks), time_to_start_(time_to_start) {}

  // The child's status, as waitpid has it, or nothing where it is lost sight of.
  [[nodiscard]] std::optional<int> run() {
    int status = 0;
    for (pid_t ended = 0; ended == 0;) {
      pass_on(kMillisecondsBetweenLooks);
      if (words_.has_failed() || is_start_overdue()) end_child();
      ended = waitpid(child_, &status, WNOHANG);
      if (ended < 0 && errno != EINTR) return std::nullopt;
      ended = std::max(ended, 0);
    }
    while (pass_on(0)) {
    }
    return status;
  }

  [[nodiscard]] const LastWords& words() const { return words_; }
  [[nodiscard]] std::optional<std::int64_t> started_only() const { return started_only_; }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr int kMillisecondsBetweenLooks = 20;
  // mpirun kills its ranks a second after it has told them to end, and waits for hosts that are
  // gone until their connections are lost.
  static constexpr std::chrono::milliseconds kTimeToEnd{2500};

  // Whether there was something.
  bool pass_on(int patience) {
    pollfd there{messages_, POLLIN, 0};
    if (poll(&there, 1, patience) <= 0) return false;
    std::array<char, 4096> piece{};
    const ssize_t size = read(messages_, piece.data(), piece.size());
    if (size <= 0) {
      // Closed before the end: nothing more to look at.
      if (patience > 0) std::this_thread::sleep_for(std::chrono::milliseconds(patience));
      return false;
    }
    const std::string text =
        words_.take(std::string_view(piece.data(), static_cast<std::size_t>(size)));
    for (std::size_t at = 0; at < text.size();) {
      const ssize_t written = write(STDERR_FILENO, text.data() + at, text.size() - at);
      if (written < 0 && errno != EINTR) break;
      at += static_cast<std::size_t>(std::max<ssize_t>(written, 0));
    }
    return true;
  }

  // Once so, always: what comes later is the end.
  bool is_start_overdue() {
    const std::chrono::duration<double> passed = Clock::now() - begin_;
    if (!started_only_ && words_.started() < ranks_ && passed.count() > time_to_start_.value()) {
      started_only_ = words_.started();
    }
    return started_only_.has_value();
  }

  void end_child() {
    if (!end_) {
      end_ = Clock::now() + kTimeToEnd;
      kill(child_, SIGTERM);
    } else if (Clock::now() > *end_) {
      kill(child_, SIGKILL);
    }
  }

  pid_t child_;
  int messages_;
  std::int64_t ranks_;
  sim::Seconds time_to_start_;
  Clock::time_point begin_ = Clock::now();
  std::optional<std::int64_t> started_only_;
  LastWords words_;
  std::optional<Clock::time_point> end_;
};

}  // namespace

bool is_a_rank() {
  return std::getenv("OMPI_COMM_WORLD_RANK") != nullptr || std::getenv("PMI_RANK") != nullptr ||
         std::getenv("PMIX_RANK") != nullptr || several_tasks("SLURM_NTASKS");
}

bool is_a_later_rank() {
  if (!is_a_rank()) return false;
  for (const char* variable : {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "SLURM_PROCID"}) {
    const char* value = std::getenv(variable);
    if (value != nullptr) return std::strtol(value, nullptr, 10) > 0;
  }
  return false;
}

bool is_started_by_srun() {
  return several_tasks("SLURM_NTASKS") && std::getenv("SLURM_PROCID") != nullptr &&
         std::getenv("OMPI_COMM_WORLD_RANK") == nullptr;
}

sim::Result<LocalRun> run_local_ranks(std::int64_t ranks, std::span<const std::string> arguments,
                                      sim::Seconds time_to_start) {
  const sim::Result<std::string> program = own_path();
  if (!program) return tl::unexpected(program.error());
  std::vector<std::string> words = {"mpirun", "-n", std::to_string(ranks), "--oversubscribe",
                                    "--quiet"};
  // mpirun refuses root unless told; whoever runs this program as root has decided already.
  if (geteuid() == 0) words.emplace_back("--allow-run-as-root");
  // By env and not by -x, which excludes a list of variables in mpirun's settings.
  words.insert(words.end(), {"env", fmt::format("{}=1", kLaunchedVariable)});
  words.push_back(*program);
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  // As a variable, which other versions of mpirun ignore.
  setenv("OMPI_MCA_orte_enable_recovery", "1", 1);

  std::array<int, 2> messages{};
  if (pipe2(messages.data(), O_CLOEXEC) != 0) {
    return sim::environment_error(fmt::format("cannot make a pipe: {}", std::strerror(errno)));
  }
  pid_t child = 0;
  const int failed = start(pointers, messages[1], child);
  close(messages[1]);
  if (failed != 0) {
    close(messages[0]);
    return sim::environment_error(
        fmt::format("cannot start mpirun: {}", std::strerror(failed)), "",
        fmt::format("{} ranks on this machine are started by it", ranks),
        "install Open MPI, or start the ranks yourself: mpirun -n 8 seqspan ...");
  }
  const PassOnSignals pass_on(child);
  Relay relay(child, messages[0], ranks, time_to_start);
  const std::optional<int> status = relay.run();
  close(messages[0]);
  if (!status) {
    return sim::environment_error(fmt::format("lost sight of mpirun: {}", std::strerror(errno)));
  }
  const LastWords& told = relay.words();
  LocalRun run;
  run.started_only = relay.started_only();
  if (told.has_failed() || static_cast<std::int64_t>(told.count()) == ranks) {
    run.code = told.verdict();
  }
  run.status = WIFSIGNALED(*status) ? kSignalled + WTERMSIG(*status) : WEXITSTATUS(*status);
  if (passed_on != 0) run.status = kSignalled + SIGTERM;  // mpirun itself says 1 then
  return run;
}

}  // namespace seqspan::real
