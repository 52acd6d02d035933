#include "sim/engine/rank_timelines.hpp"

#include "sim/engine/op_times.hpp"
#include "sim/lower/lower.hpp"

namespace seqspan::sim {

std::vector<std::int64_t> shown_ring_ranks(const Job& job, const Layout& layout) {
  const std::int64_t deciding = deciding_ring_rank(layout);
  if (!ring_ranks_differ(job, layout) || layout.pp > 1 || job.training.documents) {
    return {deciding};
  }
  if (layout.ring > kMostRanksShown) return {0, layout.ring / 2, deciding};
  std::vector<std::int64_t> all;
  for (std::int64_t rank = 0; rank < layout.ring; ++rank) all.push_back(rank);
  return all;
}

std::vector<StepTimeline> Simulator::other_ranks(const StepTimeline& deciding) {
  const Layout& layout = deciding.simulation.layout;
  std::vector<StepTimeline> result;
  for (const std::int64_t rank : shown_ring_ranks(job_, layout)) {
    if (rank == deciding.ring_rank) continue;
    Program program;
    lower_for(job_, layout, rank, program);
    StepTimeline timeline;
    timeline.simulation = deciding.simulation;
    timeline.own = std::make_shared<const Program>(std::move(program));
    timeline.program = timeline.own.get();
    timeline.ring_rank = rank;
    timeline.update_start = deciding.update_start;
    timeline.end = deciding.end;
    read_op_times(job_.cluster, network_, *timeline.program, timeline.durations, timeline.uses);
    CommunicatorUses uses{};
    for (const Part& part : timeline.program->parts) {
      merge(uses, communicator_uses(*timeline.program, part));
    }
    StepMemoryReader memory;
    memory.begin(*timeline.program, communication_buffers(uses),
                 job_.cluster.device.runtime_reserve);
    StepTimeReader time;
    (void)time.read(*timeline.program, timeline.durations, timeline.uses);
    for (const StageTimeline& decides : deciding.stages) {
      const StageClass& stage_class = timeline.program->stages[decides.stage_class];
      StageTimeline stage;
      stage.stage_class = decides.stage_class;
      stage.stage = decides.stage;
      stage.memory = memory.stage(stage.stage);
      stage.live = stage_live(*timeline.program, stage_class, memory);
      for (std::size_t kind = 0; kind < kMicroBatchKindCount; ++kind) {
        if (decides.micro_batches[kind].ops.empty()) continue;
        const Pace pace = pace_of(*deciding.program, decides.micro_batches[kind]);
        stage.micro_batches[kind] = time.record(
            *timeline.program, stage_class, position_of(static_cast<MicroBatchKind>(kind)), &pace);
      }
      stage.update = time.record_update(*timeline.program, stage_class);
      stage.slots = decides.slots;
      for (PipelineSlot& slot : stage.slots) slot.critical = false;
      timeline.stages.push_back(std::move(stage));
    }
    result.push_back(std::move(timeline));
  }
  return result;
}

}  // namespace seqspan::sim
