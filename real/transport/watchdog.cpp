#include "real/transport/watchdog.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "real/launch/stop_request.hpp"

namespace seqspan::real {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

struct Manners {
  sim::Seconds
      patience;       // how long the others have to answer: a rank that polls takes milliseconds
  milliseconds turn;  // between one rank that reports and the next
};
constexpr Manners kOverdue{sim::Seconds(1.0), milliseconds(200)};
// mpirun kills a second after it has told all ranks to end.
constexpr Manners kToldToEnd{sim::Seconds(0.3), milliseconds(500)};
constexpr milliseconds kLastTurn(2000);

std::string sentence(const sim::Result<Attendance>& attendance) {
  if (!attendance) return attendance.error().what + ": " + attendance.error().why;
  return in_words(*attendance);
}

// Answers questions until it is this rank's turn.
void wait_turn(Transport& transport, const Attendance& attendance, milliseconds turn) {
  const auto& arrived = attendance.arrived;
  const auto place = std::find(arrived.begin(), arrived.end(), transport.rank()) - arrived.begin();
  const auto end = Clock::now() + std::min(turn * place, kLastTurn);
  while (Clock::now() < end) {
    (void)transport.is_idle(StreamId{});  // any poll answers
    std::this_thread::sleep_for(milliseconds(1));
  }
}

// Who takes part, in words; returns when it is this rank's turn to say so.
std::string roll_call(Transport& transport, OpId op, const Manners& manners) {
  const sim::Result<Attendance> attendance = transport.attendance(op, manners.patience);
  if (attendance) wait_turn(transport, *attendance, manners.turn);
  return sentence(attendance);
}

sim::Result<void> told_to_end(Transport& transport) {
  const std::optional<OpId> op = transport.overdue(sim::Seconds(0));
  const std::string name = op ? transport.describe_op(*op).value_or("an op") : "no op";
  return sim::environment_error(
      "told to end (SIGTERM) during " + name, fmt::format("rank {}", transport.rank()),
      op ? roll_call(transport, *op, kToldToEnd) : "",
      "mpirun ends all ranks when one dies: look at those that did not arrive or answer");
}

}  // namespace

sim::Result<void> watch(Transport& transport, sim::Seconds limit) {
  if (stop_requested()) return told_to_end(transport);
  const std::optional<OpId> op = transport.overdue(limit);
  if (!op) return {};
  const std::string name = transport.describe_op(*op).value_or("an op");
  // Who reports first ends the others, at once.
  end_on_stop_request();
  return sim::environment_error(
      fmt::format("{} has not ended within {:g} s", name, limit.value()),
      fmt::format("rank {}", transport.rank()), roll_call(transport, *op, kOverdue),
      "look at the ranks that did not arrive or answer: stopped, dead, or off the network");
}

sim::Result<void> finish(Transport& transport, StreamId stream, sim::Seconds limit) {
  for (;;) {
    const auto idle = transport.is_idle(stream);
    if (!idle) return tl::unexpected(idle.error());
    if (*idle) return {};
    if (auto watched = watch(transport, limit); !watched) return watched;
    std::this_thread::yield();
  }
}

}  // namespace seqspan::real
