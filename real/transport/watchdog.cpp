#include "real/transport/watchdog.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "real/launch/stop_request.hpp"

namespace seqspan::real {
namespace {

// How long the others have to answer: a rank that polls does within milliseconds.
constexpr sim::Seconds kPatience(1.0);
// mpirun kills a second after it has told all ranks to end.
constexpr sim::Seconds kPatienceAtEnd(0.3);

std::string sentence(const sim::Result<Attendance>& attendance) {
  if (!attendance) return attendance.error().what + ": " + attendance.error().why;
  std::string text = "arrived: " + list_ranks(attendance->arrived);
  if (!attendance->missing.empty()) text += "; not arrived: " + list_ranks(attendance->missing);
  if (!attendance->silent.empty()) text += "; no answer: " + list_ranks(attendance->silent);
  return text;
}

sim::Result<void> told_to_end(Transport& transport) {
  const std::optional<OpId> op = transport.overdue(sim::Seconds(0));
  const std::string name = op ? transport.describe_op(*op).value_or("an op") : "no op";
  return sim::environment_error(
      "told to end (SIGTERM) during " + name, fmt::format("rank {}", transport.rank()),
      op ? sentence(transport.attendance(*op, kPatienceAtEnd)) : "",
      "mpirun ends all ranks when one dies: look at those that did not arrive or answer");
}

}  // namespace

sim::Result<void> watch(Transport& transport, sim::Seconds limit) {
  if (stop_requested()) return told_to_end(transport);
  const std::optional<OpId> op = transport.overdue(limit);
  if (!op) return {};
  const std::string name = transport.describe_op(*op).value_or("an op");
  return sim::environment_error(
      fmt::format("{} has not ended within {:g} s", name, limit.value()),
      fmt::format("rank {}", transport.rank()), sentence(transport.attendance(*op, kPatience)),
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

void wait_turn(Transport& transport) {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::milliseconds kTurn(200);
  constexpr std::int64_t kLast = 10;
  const auto turn = Clock::now() + kTurn * std::min(transport.rank(), kLast);
  while (Clock::now() < turn) {
    (void)transport.is_idle(StreamId{});  // any poll answers
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace seqspan::real
