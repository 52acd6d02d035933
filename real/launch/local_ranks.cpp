#include "real/launch/local_ranks.hpp"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
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

}  // namespace

bool is_a_rank() {
  return std::getenv("OMPI_COMM_WORLD_RANK") != nullptr || std::getenv("PMI_RANK") != nullptr ||
         std::getenv("PMIX_RANK") != nullptr || several_tasks("SLURM_NTASKS");
}

sim::Result<int> run_local_ranks(std::int64_t ranks, std::span<const std::string> arguments) {
  const sim::Result<std::string> program = own_path();
  if (!program) return tl::unexpected(program.error());
  std::vector<std::string> words = {"mpirun", "-n", std::to_string(ranks), "--oversubscribe"};
  // mpirun refuses root unless told; whoever runs this program as root has decided already.
  if (geteuid() == 0) words.emplace_back("--allow-run-as-root");
  words.push_back(*program);
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);

  pid_t child = 0;
  const int failed = posix_spawnp(&child, "mpirun", nullptr, nullptr, pointers.data(), environ);
  if (failed != 0) {
    return sim::environment_error(
        fmt::format("cannot start mpirun: {}", std::strerror(failed)), "",
        fmt::format("{} ranks on this machine are started by it", ranks),
        "install Open MPI, or start the ranks yourself: mpirun -n 8 seqspan ...");
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) {
      return sim::environment_error(fmt::format("lost sight of mpirun: {}", std::strerror(errno)));
    }
  }
  return WIFSIGNALED(status) ? kSignalled + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace seqspan::real
