// The streams that the ops of a program run on, and what waits for what there.
//
// What reads memory waits for who wrote it last; what writes it waits for all who use it, also for
// those of a tensor that had the same memory before. On one stream order holds anyway; between two
// it is kept by an event behind each op.
//
// Errors: kEnvironment as the transport and the watchdog (real/transport/watchdog.hpp) have them.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "real/execute/part_tensors.hpp"
#include "real/transport/transport.hpp"
#include "sim/program/program.hpp"

namespace seqspan::real {

class OpStreams {
 public:
  // Both must outlive it. `limit` is that of one communication.
  OpStreams(Transport& transport, const sim::Program& program, sim::Seconds limit)
      : transport_(transport), program_(program), limit_(limit), events_(program.ops.size()) {}

  // Makes the streams. Once, before all else.
  [[nodiscard]] sim::Result<void> open();
  [[nodiscard]] StreamId of(const sim::Op& op) const {
    return streams_[static_cast<std::size_t>(op.stream)];
  }

  // Before the op is given, and after; `index` into Program::ops.
  [[nodiscard]] sim::Result<void> wait_for_users(const sim::Op& op, const PartTensors& tensors);
  [[nodiscard]] sim::Result<void> note_use(std::size_t index, const PartTensors& tensors);

  // Waits until all that was given is done.
  [[nodiscard]] sim::Result<void> finish();

 private:
  Transport& transport_;
  const sim::Program& program_;
  sim::Seconds limit_;
  std::vector<StreamId> streams_;
  std::vector<std::optional<EventId>> events_;  // by op
};

}  // namespace seqspan::real
