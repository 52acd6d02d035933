#include "real/launch/local_ranks.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

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

// Starts a program that gets SIGTERM when this process dies, however it dies. 0, or errno.
int start(std::vector<char*>& words, pid_t& child) {
  std::array<int, 2> failed{};  // closed by a successful exec
  if (pipe2(failed.data(), O_CLOEXEC) != 0) return errno;
  const pid_t parent = getpid();
  child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() == parent) execvp(words.front(), words.data());
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

}  // namespace

bool is_a_rank() {
  return std::getenv("OMPI_COMM_WORLD_RANK") != nullptr || std::getenv("PMI_RANK") != nullptr ||
         std::getenv("PMIX_RANK") != nullptr || several_tasks("SLURM_NTASKS");
}

sim::Result<int> run_local_ranks(std::int64_t ranks, std::span<const std::string> arguments) {
  const sim::Result<std::string> program = own_path();
  if (!program) return tl::unexpected(program.error());
  std::vector<std::string> words = {"mpirun", "-n", std::to_string(ranks), "--oversubscribe",
                                    "--quiet"};
  // mpirun refuses root unless told; whoever runs this program as root has decided already.
  if (geteuid() == 0) words.emplace_back("--allow-run-as-root");
  words.push_back(*program);
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);

  pid_t child = 0;
  const int failed = start(pointers, child);
  if (failed != 0) {
    return sim::environment_error(
        fmt::format("cannot start mpirun: {}", std::strerror(failed)), "",
        fmt::format("{} ranks on this machine are started by it", ranks),
        "install Open MPI, or start the ranks yourself: mpirun -n 8 seqspan ...");
  }
  const PassOnSignals pass_on(child);
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) {
      return sim::environment_error(fmt::format("lost sight of mpirun: {}", std::strerror(errno)));
    }
  }
  if (passed_on != 0) return kSignalled + SIGTERM;  // mpirun itself says 1 then
  return WIFSIGNALED(status) ? kSignalled + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace seqspan::real
