#include "real/transport/op_book.hpp"

#include <utility>

namespace seqspan::real {
namespace {

sim::Seconds since(std::chrono::steady_clock::time_point start) {
  return sim::Seconds(
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
}

bool touches(const Exchange& exchange, const Memory& memory) {
  for (const Message& message : exchange.messages) {
    if (message.send.overlaps(memory) || message.receive.overlaps(memory)) return true;
  }
  return false;
}

}  // namespace

OpId OpBook::add(Exchange exchange) {
  const OpId op{next_++};
  const std::uint64_t number = ++given_[exchange.communicator];
  entries_.emplace(
      op, Entry{.exchange = std::move(exchange), .number = number, .status = {}, .started = {}});
  return op;
}

void OpBook::started(OpId op) {
  const auto found = entries_.find(op);
  if (found == entries_.end() || found->second.status.state != OpState::kQueued) return;
  found->second.status.state = OpState::kRunning;
  found->second.started = std::chrono::steady_clock::now();
  found->second.status.reached = found->second.started;
}

void OpBook::done(OpId op, std::optional<sim::Seconds> measured) {
  const auto found = entries_.find(op);
  if (found == entries_.end() || found->second.status.state == OpState::kDone) return;
  if (found->second.status.state == OpState::kQueued) started(op);
  found->second.status = {OpState::kDone, measured.value_or(since(found->second.started)),
                          found->second.started};
}

const OpBook::Entry* OpBook::find(OpId op) const {
  const auto found = entries_.find(op);
  return found == entries_.end() ? nullptr : &found->second;
}

OpStatus OpBook::status(const Entry& entry) const {
  OpStatus status = entry.status;
  if (status.state == OpState::kRunning) status.time = since(entry.started);
  return status;
}

std::optional<OpId> OpBook::overdue(sim::Seconds limit) const {
  std::optional<OpId> first;
  std::chrono::steady_clock::time_point earliest;
  for (const auto& [op, entry] : entries_) {
    if (entry.status.state != OpState::kRunning || since(entry.started) <= limit) continue;
    if (!first || entry.started < earliest) {
      first = op;
      earliest = entry.started;
    }
  }
  return first;
}

const OpBook::Entry* OpBook::unfinished() const {
  for (const auto& [op, entry] : entries_) {
    if (entry.status.state != OpState::kDone) return &entry;
  }
  return nullptr;
}

const OpBook::Entry* OpBook::unfinished_on(const Memory& memory) const {
  for (const auto& [op, entry] : entries_) {
    if (entry.status.state != OpState::kDone && touches(entry.exchange, memory)) return &entry;
  }
  return nullptr;
}

}  // namespace seqspan::real
