#include "real/execute/op_streams.hpp"

#include "real/transport/watchdog.hpp"

namespace seqspan::real {

sim::Result<void> OpStreams::open() {
  for (std::size_t i = 0; i < sim::kStreamCount; ++i) {
    const auto stream = transport_.make_stream();
    if (!stream) return tl::unexpected(stream.error());
    streams_.push_back(*stream);
  }
  return {};
}

sim::Result<void> OpStreams::wait_for_users(const sim::Op& op, const PartTensors& tensors) {
  const auto wait = [&](sim::TensorId id, bool writes) -> sim::Result<void> {
    for (const MemoryBlock* block : tensors.copies(id)) {
      for (const BlockUse& use : block->uses) {
        if (use.stream == of(op) || !(writes || use.writes)) continue;
        if (auto waited = transport_.wait(of(op), use.event); !waited) return waited;
      }
    }
    return {};
  };
  for (const sim::TensorId id : op.reads) {
    if (auto waited = wait(id, false); !waited) return waited;
  }
  for (const sim::TensorId id : op.writes) {
    if (auto waited = wait(id, true); !waited) return waited;
  }
  return {};
}

sim::Result<void> OpStreams::note_use(std::size_t index, const PartTensors& tensors) {
  const sim::Op& op = program_.ops[index];
  std::optional<EventId>& event = events_[index];
  if (!event) {
    const auto made = transport_.make_event();
    if (!made) return tl::unexpected(made.error());
    event = *made;
  }
  if (auto recorded = transport_.record(*event, of(op)); !recorded) return recorded;
  for (const sim::TensorId id : op.reads) {
    for (MemoryBlock* block : tensors.copies(id)) block->uses.push_back({of(op), *event, false});
  }
  for (const sim::TensorId id : op.writes) {
    if (tensors.copies(id).empty()) continue;
    tensors.copies(id).back()->uses = {{of(op), *event, true}};
  }
  return {};
}

sim::Result<void> OpStreams::finish() {
  for (const StreamId stream : streams_) {
    if (auto finished = real::finish(transport_, stream, limit_); !finished) return finished;
  }
  return {};
}

}  // namespace seqspan::real
