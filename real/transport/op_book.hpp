// The exchanges that a transport was given and has not been told to forget.
//
//   queued -> running -> done, each once. Time runs from `started` to `done`; a transport that
//   measures better than the host's clock says so with `done`.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>

#include "real/transport/exchange.hpp"
#include "real/transport/transport.hpp"
#include "sim/units/units.hpp"

namespace seqspan::real {

class OpBook {
 public:
  struct Entry {
    Exchange exchange;
    std::uint64_t number = 0;  // on its communicator, from 1
    OpStatus status;
    std::chrono::steady_clock::time_point started;
  };

  // Numbers are given per communicator, in the order of the calls.
  OpId add(Exchange exchange);
  void started(OpId op);
  void done(OpId op, std::optional<sim::Seconds> measured = std::nullopt);
  void forget(OpId op) { entries_.erase(op); }

  [[nodiscard]] const Entry* find(OpId op) const;
  // Of a running op with its time until now.
  [[nodiscard]] OpStatus status(const Entry& entry) const;
  // The running op that started first, if more than `limit` ago.
  [[nodiscard]] std::optional<OpId> overdue(sim::Seconds limit) const;
  // The first op that is not done, or that touches this memory and is not done.
  [[nodiscard]] const Entry* unfinished() const;
  [[nodiscard]] const Entry* unfinished_on(const Memory& memory) const;

 private:
  std::map<OpId, Entry> entries_;
  std::map<CommunicatorId, std::uint64_t> given_;
  std::uint64_t next_ = 1;
};

}  // namespace seqspan::real
