// The tracks of one pipeline stage: a track per stream, and one of what decides the step.
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "cli/trace/arrows.hpp"
#include "cli/trace/event_list.hpp"
#include "cli/trace/op_text.hpp"
#include "cli/trace/rank_waits.hpp"
#include "cli/trace/trace.hpp"

namespace seqspan::cli {

// Ranks of a ring that are shown beside each other.
struct ShownRanks {
  std::int64_t ring = 1;
  std::int64_t deciding = 0;
  std::int64_t shown = 1;

  [[nodiscard]] bool several() const { return shown > 1; }
};

class StageTracks {
 public:
  // `args`: op_args().
  StageTracks(const sim::StepTimeline& timeline, const sim::StageTimeline& stage,
              const std::vector<std::string>& args, const ShownRanks& ranks, std::int64_t process,
              EventList& events, FlowIds& flows);

  void write(TraceDetail detail);

 private:
  // One micro-batch kind, read once.
  struct Read {
    sim::OpSources sources;
    std::vector<bool> critical_forward;
    std::vector<bool> critical_backward;
  };
  // Blocks [first, last) of what was timed, shifted to where they are in the step.
  struct Piece {
    const sim::TimedMicroBatch* timed = nullptr;
    const sim::OpSources* sources = nullptr;
    const std::vector<bool>* critical = nullptr;  // nullptr: none of it
    std::size_t first = 0;
    std::size_t last = 0;
    double shift = 0;
    std::string label;  // "micro-batch 3", or empty
    bool ops = true;
  };

  void write_slot(const sim::PipelineSlot& slot, bool ops);
  void write_update();
  // Returns on which track each op is.
  std::vector<std::int64_t> write_blocks(const Piece& piece);
  void write_block(const Piece& piece, const sim::TimedBlock& block,
                   std::vector<std::int64_t>& thread_of_op);
  void write_ops(const Piece& piece, const sim::TimedBlock& block,
                 const std::vector<std::int64_t>& thread_of_op);
  void write_flows(const Piece& piece, const std::vector<std::int64_t>& thread_of_op);
  void write_send(const sim::PipelineSlot& slot);
  void note_hops(const Piece& piece, const sim::PipelineSlot& slot,
                 const std::vector<std::int64_t>& thread_of_op);
  void name_tracks();
  // The track of a stream that is free from `start` on, until `end`: the stream's own, or where
  // what ran before lasts longer, one beside it.
  std::int64_t thread_for(sim::Stream stream, std::int64_t start, std::int64_t end);
  [[nodiscard]] Track on(std::int64_t thread) const;
  [[nodiscard]] std::string block_name(const sim::TimedBlock& block) const;
  const Read& read_of(sim::MicroBatchKind kind);

  const sim::StepTimeline& timeline_;
  const sim::Program& program_;
  const sim::StageTimeline& stage_;
  const sim::StageClass& stage_class_;
  sim::BlocksOfSlots blocks_;
  const std::vector<std::string>& args_;
  ShownRanks ranks_;
  std::int64_t process_;
  EventList& events_;
  FlowIds& flows_;
  // By stream, when each of its tracks is free.
  std::array<std::vector<std::int64_t>, sim::kStreamCount> free_;
  std::map<sim::MicroBatchKind, Read> reads_;
};

}  // namespace seqspan::cli
