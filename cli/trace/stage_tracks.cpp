#include "cli/trace/stage_tracks.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/trace/counters.hpp"

namespace seqspan::cli {
namespace {

// Beside each other: the track of what decides, then up to so many per stream.
constexpr std::int64_t kCriticalThread = 1;
constexpr std::int64_t kThreadsPerStream = 16;
// Perfetto finds a thread by its id alone where it is named, and takes one with the id of its
// process for that process's main thread.
constexpr std::int64_t kThreadsPerProcess = 1000;

std::int64_t first_thread(sim::Stream stream) {
  return (static_cast<std::int64_t>(stream) + 1) * kThreadsPerStream;
}

}  // namespace

StageTracks::StageTracks(const sim::StepTimeline& timeline, const sim::StageTimeline& stage,
                         const std::vector<std::string>& args, const ShownRanks& ranks,
                         std::int64_t process, EventList& events, FlowIds& flows)
    : timeline_(timeline),
      program_(*timeline.program),
      stage_(stage),
      stage_class_(program_.stages[stage.stage_class]),
      blocks_(program_, stage),
      args_(args),
      ranks_(ranks),
      process_(process),
      events_(events),
      flows_(flows) {}

Track StageTracks::on(std::int64_t thread) const {
  return {process_, process_ * kThreadsPerProcess + thread};
}

void StageTracks::write(TraceDetail detail) {
  const std::vector<bool> with_ops = slots_with_ops(timeline_, stage_, detail);
  for (std::size_t i = 0; i < stage_.slots.size(); ++i) {
    write_slot(stage_.slots[i], with_ops[i]);
  }
  write_update();
  name_tracks();
}

void StageTracks::name_tracks() {
  if (timeline_.decides()) events_.name_thread(on(kCriticalThread), "critical path");
  for (std::size_t s = 0; s < free_.size(); ++s) {
    const auto stream = static_cast<sim::Stream>(s);
    for (std::size_t lane = 0; lane < free_[s].size(); ++lane) {
      const std::string name =
          lane == 0 ? name_of(stream) : fmt::format("{}, beside it ({})", name_of(stream), lane);
      events_.name_thread(on(first_thread(stream) + static_cast<std::int64_t>(lane)), name);
    }
  }
}

std::int64_t StageTracks::thread_for(sim::Stream stream, std::int64_t start, std::int64_t end) {
  std::vector<std::int64_t>& lanes = free_[static_cast<std::size_t>(stream)];
  auto lane = std::find_if(lanes.begin(), lanes.end(),
                           [start](std::int64_t free) { return free <= start; });
  if (lane == lanes.end()) lane = lanes.insert(lane, 0);
  *lane = end;
  return first_thread(stream) + (lane - lanes.begin());
}

std::string StageTracks::block_name(const sim::TimedBlock& block) const {
  const sim::PartRun& run = program_.runs[block.run];
  const char* part = program_.parts[run.part].name;
  const char* pass = name_of(block.pass);
  if (run.count == 1) return fmt::format("{} {}", part, pass);
  return fmt::format("{} {} of {} {}", part, block.instance + 1, run.count, pass);
}

const StageTracks::Read& StageTracks::read_of(sim::MicroBatchKind kind) {
  const auto [found, is_new] = reads_.try_emplace(kind);
  Read& read = found->second;
  if (!is_new) return read;
  const sim::TimedMicroBatch& timed = stage_.of(kind);
  std::size_t forward = 0;
  for (const sim::TimedBlock& block : timed.blocks) {
    if (block.pass == sim::Pass::kForward) forward += block.count;
  }
  read.sources = sources_of(program_, timed);
  // Without pipeline the backward follows at once: one chain through both.
  const bool whole = program_.pipeline_stages == 1;
  read.critical_backward = critical_ops(program_, timed, read.sources, whole ? 0 : forward,
                                        timed.ops.size() - (whole ? 0 : forward));
  read.critical_forward =
      whole ? read.critical_backward : critical_ops(program_, timed, read.sources, 0, forward);
  return read;
}

void StageTracks::write_slot(const sim::PipelineSlot& slot, bool ops) {
  const sim::MicroBatchKind kind = sim::kind_of(slot.micro_batch, program_.micro_batches);
  const sim::TimedMicroBatch& timed = stage_.of(kind);
  const sim::SlotBlocks& blocks = blocks_.of(slot);
  const std::string chunk =
      program_.chunks_per_stage > 1 ? fmt::format(" chunk {}", slot.chunk) : "";
  const std::string name = fmt::format("micro-batch {}{} {}", slot.micro_batch, chunk,
                                       slot.forward ? "forward" : "backward");
  const std::int64_t start = nanoseconds(slot.start);
  const std::int64_t end = nanoseconds(slot.end);
  const std::int64_t thread = thread_for(sim::Stream::kCompute, start, end);
  std::string args = fmt::format(R"("micro_batch":{},"waiting_chunks":{},"critical":{})",
                                 slot.micro_batch, slot.waiting, slot.critical);
  if (ranks_.several()) args += fmt::format(R"(,"ring_rank":{})", timeline_.ring_rank);
  if (!timeline_.decides()) {
    const std::vector<RankWait> waits =
        rank_waits(program_, timed, blocks, slot.start - blocks.start, slot);
    args += fmt::format(R"(,"waits_for_rank":{},"waits_ns":{})", ranks_.deciding, length_of(waits));
    if (ops) {
      const std::string wait_name = fmt::format("wait for rank {}", ranks_.deciding);
      for (const RankWait& wait : waits) {
        events_.slice(on(thread), wait_name, "wait", wait.start, wait.end, "");
      }
    }
  }
  events_.slice(on(thread), name, "micro-batch", start, end, args);
  flows_.starts[{stage_.stage, slot.micro_batch, slot.chunk, slot.forward ? 1 : 0}] = {on(thread),
                                                                                       start};
  const Read& read = read_of(kind);
  Piece piece;
  piece.timed = &timed;
  piece.sources = &read.sources;
  if (slot.critical) {
    piece.critical = slot.forward ? &read.critical_forward : &read.critical_backward;
  }
  piece.first = blocks.first;
  piece.last = blocks.last;
  piece.shift = slot.start - blocks.start;
  piece.label = name;
  piece.ops = ops;
  // Compute of the slot lies within it, on the track that the slot has.
  free_[static_cast<std::size_t>(sim::Stream::kCompute)]
       [static_cast<std::size_t>(thread - first_thread(sim::Stream::kCompute))] = start;
  if (slot.critical && !ops) {
    events_.slice(on(kCriticalThread), name, "critical", start, end, "");
  }
  const std::vector<std::int64_t> thread_of_op = write_blocks(piece);
  if (ranks_.several() && ops) note_hops(piece, slot, thread_of_op);
  free_[static_cast<std::size_t>(sim::Stream::kCompute)]
       [static_cast<std::size_t>(thread - first_thread(sim::Stream::kCompute))] = end;
  write_send(slot);
}

void StageTracks::write_update() {
  const sim::OpSources sources = sources_of(program_, stage_.update);
  const std::vector<bool> critical =
      critical_ops(program_, stage_.update, sources, 0, stage_.update.ops.size());
  Piece piece;
  piece.timed = &stage_.update;
  piece.sources = &sources;
  if (timeline_.decides()) piece.critical = &critical;
  piece.last = stage_.update.blocks.size();
  piece.shift = timeline_.update_start;
  (void)write_blocks(piece);
}

std::vector<std::int64_t> StageTracks::write_blocks(const Piece& piece) {
  std::vector<std::int64_t> thread_of_op(piece.timed->ops.size(), 0);
  for (std::size_t b = piece.first; b < piece.last; ++b) {
    write_block(piece, piece.timed->blocks[b], thread_of_op);
  }
  if (!piece.ops) return thread_of_op;
  for (std::size_t b = piece.first; b < piece.last; ++b) {
    write_ops(piece, piece.timed->blocks[b], thread_of_op);
  }
  write_flows(piece, thread_of_op);
  return thread_of_op;
}

// On every stream from its first op to its last.
void StageTracks::write_block(const Piece& piece, const sim::TimedBlock& block,
                              std::vector<std::int64_t>& thread_of_op) {
  struct Extent {
    std::int64_t start = 0;
    std::int64_t end = 0;
    std::int64_t busy = 0;
    double alone = 0;
    std::int64_t ops = 0;
    std::int64_t thread = 0;
  };
  std::array<Extent, sim::kStreamCount> extents{};
  for (std::size_t i = block.first; i < block.first + block.count; ++i) {
    const sim::TimedOp& timed = piece.timed->ops[i];
    Extent& extent = extents[static_cast<std::size_t>(program_.ops[timed.op].stream)];
    const std::int64_t start = nanoseconds(timed.start + piece.shift);
    if (extent.ops == 0) extent.start = start;
    extent.end = nanoseconds(timed.end + piece.shift);
    extent.busy += extent.end - start;
    extent.alone += timeline_.durations[timed.op].value();
    ++extent.ops;
  }
  for (std::size_t s = 0; s < extents.size(); ++s) {
    Extent& extent = extents[s];
    if (extent.ops == 0) continue;
    extent.thread = thread_for(static_cast<sim::Stream>(s), extent.start, extent.end);
    events_.slice(on(extent.thread), block_name(block), "block", extent.start, extent.end,
                  fmt::format(R"("in":"{}","ops":{},"busy_ns":{},"alone_ns":{})", piece.label,
                              extent.ops, extent.busy, nanoseconds(extent.alone)));
  }
  for (std::size_t i = block.first; i < block.first + block.count; ++i) {
    thread_of_op[i] =
        extents[static_cast<std::size_t>(program_.ops[piece.timed->ops[i].op].stream)].thread;
  }
}

void StageTracks::write_ops(const Piece& piece, const sim::TimedBlock& block,
                            const std::vector<std::int64_t>& thread_of_op) {
  for (std::size_t i = block.first; i < block.first + block.count; ++i) {
    const sim::TimedOp& timed = piece.timed->ops[i];
    const sim::Op& op = program_.ops[timed.op];
    const bool critical = piece.critical != nullptr && (*piece.critical)[i];
    const std::int64_t start = nanoseconds(timed.start + piece.shift);
    const std::int64_t end = nanoseconds(timed.end + piece.shift);
    std::string args = args_[timed.op];
    if (timed.iteration > 0) args += fmt::format(R"(,"iteration":{})", timed.iteration);
    if (critical) args += R"(,"critical":true)";
    events_.slice(on(thread_of_op[i]), op.name, category_of(op), start, end, args);
    if (critical) events_.slice(on(kCriticalThread), op.name, "critical", start, end, "");
  }
}

// From every communication to the first op on another stream that reads what it brought.
void StageTracks::write_flows(const Piece& piece, const std::vector<std::int64_t>& thread_of_op) {
  std::vector<bool> drawn(piece.timed->ops.size(), false);
  for (std::size_t b = piece.first; b < piece.last; ++b) {
    const sim::TimedBlock& block = piece.timed->blocks[b];
    for (std::size_t i = block.first; i < block.first + block.count; ++i) {
      const sim::TimedOp& reader = piece.timed->ops[i];
      for (const std::size_t source : (*piece.sources)[i]) {
        const sim::TimedOp& sent = piece.timed->ops[source];
        const sim::Op& op = program_.ops[sent.op];
        // An arrow needs a slice of some length at both of its ends, and ends after it starts.
        if (drawn[source] || thread_of_op[source] == 0 ||
            !std::holds_alternative<sim::Communication>(op.work) ||
            op.stream == program_.ops[reader.op].stream || sent.end <= sent.start ||
            reader.end <= reader.start || reader.start < sent.start) {
          continue;
        }
        drawn[source] = true;
        ++flows_.last;
        events_.flow_start(on(thread_of_op[source]), flows_.last,
                           nanoseconds(sent.start + piece.shift));
        events_.flow_end(on(thread_of_op[i]), flows_.last, nanoseconds(reader.start + piece.shift));
      }
    }
  }
}

void StageTracks::write_send(const sim::PipelineSlot& slot) {
  const std::int64_t stages = program_.pipeline_stages;
  if (stages == 1) return;
  const std::int64_t way = slot.forward ? 1 : -1;
  const std::int64_t next = (stage_.stage + way + stages) % stages;
  const bool wraps = stage_.stage + way != next;
  const std::int64_t chunk = slot.chunk + (wraps ? way : 0);
  if (chunk < 0 || chunk >= program_.chunks_per_stage) return;
  const sim::Part& part = program_.parts[program_.boundary_part];
  const std::size_t op = program_.blocks[slot.forward ? part.forward : part.backward].first_op;
  const std::int64_t start = nanoseconds(slot.end);
  const std::int64_t end = nanoseconds(slot.end + timeline_.simulation.time.hand_over.value());
  const std::int64_t thread = thread_for(sim::Stream::kPipeline, start, end);
  events_.slice(
      on(thread), program_.ops[op].name, category_of(program_.ops[op]), start, end,
      args_[op] + fmt::format(R"(,"micro_batch":{},"to_stage":{})", slot.micro_batch, next));
  if (end > start) {
    flows_.sends[{next, slot.micro_batch, chunk, slot.forward ? 1 : 0}] = {on(thread), start};
  }
}

void StageTracks::note_hops(const Piece& piece, const sim::PipelineSlot& slot,
                            const std::vector<std::int64_t>& thread_of_op) {
  std::int64_t number = 0;
  for (std::size_t b = piece.first; b < piece.last; ++b) {
    const sim::TimedBlock& block = piece.timed->blocks[b];
    for (std::size_t i = block.first; i < block.first + block.count; ++i) {
      const sim::TimedOp& timed = piece.timed->ops[i];
      const auto* work = std::get_if<sim::Communication>(&program_.ops[timed.op].work);
      if (work == nullptr || work->axis != sim::Axis::kRing) continue;
      const std::int64_t towards = work->to_predecessor ? 1 : -1;
      const std::int64_t sender = (timeline_.ring_rank + towards + ranks_.ring) % ranks_.ring;
      const std::int64_t start = nanoseconds(timed.start + piece.shift);
      const std::array<std::int64_t, 4> key = {timeline_.ring_rank, slot.micro_batch,
                                               slot.forward ? 1 : 0, number++};
      if (timed.end > timed.start) flows_.hops[key] = {{on(thread_of_op[i]), start}, sender};
    }
  }
}

}  // namespace seqspan::cli
