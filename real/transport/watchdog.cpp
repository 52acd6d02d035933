#include "real/transport/watchdog.hpp"

#include <fmt/format.h>

#include <thread>

namespace seqspan::real {
namespace {

// How long the others have to answer: a rank that polls does within milliseconds.
constexpr sim::Seconds kPatience(1.0);

std::string sentence(const sim::Result<Attendance>& attendance) {
  if (!attendance) return attendance.error().what + ": " + attendance.error().why;
  std::string text = "arrived: " + list_ranks(attendance->arrived);
  if (!attendance->missing.empty()) text += "; not arrived: " + list_ranks(attendance->missing);
  if (!attendance->silent.empty()) text += "; no answer: " + list_ranks(attendance->silent);
  return text;
}

}  // namespace

sim::Result<void> watch(Transport& transport, sim::Seconds limit) {
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

}  // namespace seqspan::real
