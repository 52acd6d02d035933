#include "sim/engine/tensors_at_peak.hpp"

#include <algorithm>

#include "sim/engine/block_memory.hpp"
#include "sim/engine/pipeline_time.hpp"

namespace seqspan::sim {
namespace {

const StageClass& stage_class_of(const Program& program, std::int64_t stage) {
  for (const StageClass& candidate : program.stages) {
    if (stage < candidate.first_stage + candidate.count) return candidate;
  }
  return program.stages.back();
}

}  // namespace

TensorsAtPeak tensors_at_peak(const Program& program, const StageMemory& peak) {
  TensorsAtPeak copies;
  BlockMemoryReader reader;
  const StageClass& stage = stage_class_of(program, peak.stage);
  const std::int64_t chunks = program.chunks_per_stage;
  const std::int64_t waiting =
      chunks_in_flight(program.pipeline_stages, peak.stage, program.micro_batches, chunks) - 1;
  for (std::size_t r = 0; r < stage.run_count; ++r) {
    const std::size_t here = stage.first_run + r;
    const PartRun& run = program.runs[here];
    const Part& part = program.parts[run.part];
    const std::int64_t per_chunk = instances_per_chunk(program, run);
    std::int64_t saved_instances = part.kind == PartKind::kLoss ? 0 : waiting * per_chunk;
    if (here < peak.moment.run) saved_instances += per_chunk;
    if (here == peak.moment.run) {
      saved_instances += per_chunk - 1;
      for (const LiveTensor& live : reader.live_at_peak(program, part, peak.moment.backward)) {
        copies[{sim::index_of(live.id), live.saved}] += live.copies;
      }
    }
    if (saved_instances > 0) {
      for (const TensorId id : reader.saved_tensors(program, part)) {
        copies[{sim::index_of(id), true}] += saved_instances;
      }
    }
    for (std::size_t t = 0; t < part.tensor_count; ++t) {
      const std::size_t index = part.first_tensor + t;
      const Tensor& tensor = program.tensors[index];
      if (tensor.role == Role::kActivation || tensor.on_host) continue;
      if (!tensor.shared_by_layers) {
        copies[{index, false}] += run.count;
      } else if (std::none_of(copies.begin(), copies.end(), [&](const auto& counted) {
                   return is_same_shared(program.tensors[counted.first.first], tensor);
                 })) {
        copies[{index, false}] = 1;
      }
    }
  }
  return copies;
}

}  // namespace seqspan::sim
