// What commands that run on several ranks have in common: starting ranks on this machine when run
// alone, being one of them otherwise, and ending all of them when one fails.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/backend.hpp"
#include "cli/exit_code.hpp"
#include "cli/output.hpp"
#include "real/launch/deadline.hpp"
#include "real/launch/mpi_session.hpp"
#include "real/transport/transport.hpp"
#include "sim/errors/error.hpp"

namespace seqspan::cli {

// What a rank gives others that say the same before it does.
inline constexpr std::chrono::seconds kTimeToSpeak(2);

// This process as one rank.
class RankSession {
 public:
  // Starts MPI and the transport. `limit` is that of every call that needs all ranks: a rank that
  // waits longer says so and ends with exit code 3, and so does one without a GPU or NCCL. Errors:
  // kEnvironment where MPI cannot start.
  [[nodiscard]] static sim::Result<RankSession> start(Backend backend, sim::Seconds limit,
                                                      Output& output);

  [[nodiscard]] real::Transport& transport() const { return *transport_; }
  [[nodiscard]] bool is_first() const { return transport_->rank() == 0; }

  // "the groups of ranks have not been made": says it and ends when what follows blocks for too
  // long.
  [[nodiscard]] real::Deadline until(const char* what) const;
  // What is done then.
  [[nodiscard]] std::function<void()> overdue(const char* what) const;

  // Says what is wrong and ends all ranks with its exit code. Where they all give up, one speaks.
  [[noreturn]] void give_up(const sim::Error& error) const;
  // Closes the transport and MPI.
  void end();

 private:
  RankSession(sim::Seconds limit, Output& output) : limit_(limit), output_(&output) {}

  sim::Seconds limit_;
  Output* output_;
  std::unique_ptr<real::MpiSession> session_;
  std::unique_ptr<real::Transport> transport_;
};

// Runs this program as `ranks` ranks on this machine with these words and the display's, and
// returns their exit code; 3 where a signal ended one, or where mpirun has not started them within
// `limit` or 30 s, whichever is longer; with `kept` as what is left.
[[nodiscard]] sim::Result<ExitCode> run_on_local_ranks(std::int64_t ranks,
                                                       std::vector<std::string> words,
                                                       const DisplayOptions& display,
                                                       sim::Seconds limit, const std::string& kept,
                                                       Output& output);

}  // namespace seqspan::cli
