// Everything about one layout: what Simulator::simulate gathers for people.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>

#include "sim/engine/simulator.hpp"
#include "sim/layout/legality.hpp"
#include "sim/program/print.hpp"
#include "sim/spec/model_flops.hpp"

namespace seqspan::sim {
namespace {

constexpr std::size_t kLargestTensors = 12;

constexpr std::size_t index_of(StepBound bound) { return static_cast<std::size_t>(bound); }

StepBound bound_of(Axis axis) {
  switch (axis) {
    case Axis::kTensor:
      return StepBound::kTensorCommunication;
    case Axis::kUlysses:
    case Axis::kUlyssesInNode:
    case Axis::kUlyssesAcross:
    case Axis::kRing:
      return StepBound::kContextCommunication;
    case Axis::kExpert:
    case Axis::kExpertInNode:
    case Axis::kExpertAcross:
    case Axis::kExpertTensor:
      return StepBound::kExpertCommunication;
    case Axis::kShard:
    case Axis::kExpertShard:
      return StepBound::kShardCommunication;
    case Axis::kPipeline:
      return StepBound::kPipelineBubble;
  }
  return StepBound::kPipelineBubble;
}

StepBound bound_of(const Op& op) {
  if (std::holds_alternative<Gemm>(op.work)) return StepBound::kGemm;
  if (std::holds_alternative<AttentionWork>(op.work)) return StepBound::kAttention;
  if (std::holds_alternative<MemoryPass>(op.work)) return StepBound::kMemoryPasses;
  return bound_of(std::get<Communication>(op.work).axis);
}

// Calls visit(op index, executions per step) for every op that a GPU of the stage executes.
template <class Visit>
void for_each_execution(const Program& program, const StageClass& stage, Visit visit) {
  const auto visit_block = [&](const Block& block, std::int64_t instances,
                               std::int64_t micro_batches) {
    for (std::size_t i = block.first_op; i < block.first_op + block.op_count; ++i) {
      std::int64_t times = 1;
      for (std::size_t l = block.first_loop; l < block.first_loop + block.loop_count; ++l) {
        const Loop& loop = program.loops[l];
        if (i >= loop.first && i < loop.first + loop.count) times = loop.times;
      }
      const bool every = program.ops[i].when == When::kEvery;
      visit(i, instances * times * (every ? micro_batches : 1));
    }
  };
  for (std::size_t r = 0; r < stage.run_count; ++r) {
    const PartRun& run = program.runs[stage.first_run + r];
    const Part& part = program.parts[run.part];
    visit_block(program.blocks[part.forward], run.count, program.micro_batches);
    visit_block(program.blocks[part.backward], run.count, program.micro_batches);
    visit_block(program.blocks[part.update], run.count, 1);
  }
  if (program.boundary_part == Program::kNoPart) return;
  const Part& boundary = program.parts[program.boundary_part];
  const std::int64_t hand_overs = program.micro_batches * program.chunks_per_stage;
  visit_block(program.blocks[boundary.forward], 1, hand_overs);
  visit_block(program.blocks[boundary.backward], 1, hand_overs);
}

const Part& part_of_op(const Program& program, std::size_t op) {
  for (const Part& part : program.parts) {
    const Block& first = program.blocks[part.forward];
    const Block& last = program.blocks[part.update];
    if (op >= first.first_op && op < last.first_op + last.op_count) return part;
  }
  return program.parts.front();
}

const char* frequency_of(const Program& program, std::size_t index) {
  const Op& op = program.ops[index];
  const bool layer = part_of_op(program, index).kind == PartKind::kLayer;
  if (op.pass == Pass::kUpdate || op.when != When::kEvery) return layer ? "layer, step" : "step";
  return layer ? "layer, micro-batch" : "micro-batch";
}

MemoryRole memory_role(Role role) {
  switch (role) {
    case Role::kParameter:
      return MemoryRole::kParameters;
    case Role::kGradient:
      return MemoryRole::kGradients;
    case Role::kOptimizerState:
      return MemoryRole::kOptimizerState;
    case Role::kActivation:
      return MemoryRole::kTransient;
  }
  return MemoryRole::kTransient;
}

const StageClass& stage_class_of(const Program& program, std::int64_t stage) {
  for (const StageClass& candidate : program.stages) {
    if (stage < candidate.first_stage + candidate.count) return candidate;
  }
  return program.stages.back();
}

// Copies of every tensor that the stage holds at its peak, by tensor and whether it is saved.
std::map<std::pair<std::size_t, bool>, std::int64_t> tensors_at_peak(const Program& program,
                                                                     const StageMemory& peak) {
  std::map<std::pair<std::size_t, bool>, std::int64_t> copies;
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
      if (tensor.role == Role::kActivation) continue;
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

}  // namespace

const char* name_of(StepBound bound) {
  switch (bound) {
    case StepBound::kGemm:
      return "gemm";
    case StepBound::kAttention:
      return "attention";
    case StepBound::kMemoryPasses:
      return "memory_passes";
    case StepBound::kTensorCommunication:
      return "tensor_parallel_communication";
    case StepBound::kContextCommunication:
      return "context_parallel_communication";
    case StepBound::kExpertCommunication:
      return "expert_parallel_communication";
    case StepBound::kShardCommunication:
      return "data_parallel_communication";
    case StepBound::kInterference:
      return "interference";
    case StepBound::kPipelineBubble:
      return "pipeline";
    case StepBound::kUpdate:
      return "optimizer";
  }
  return "";
}

void Simulator::describe_memory(Simulation& simulation) {
  simulation.capacity = job_.cluster.device.memory;
  simulation.peak = memory_.peak();
  simulation.fits = simulation.peak.peak <= simulation.capacity;
  for (std::int64_t stage = 0; stage < program_.pipeline_stages; ++stage) {
    simulation.by_stage.push_back(memory_.stage(stage));
  }
  for (std::size_t p = 0; p < program_.parts.size(); ++p) {
    if (program_.parts[p].kind != PartKind::kLayer) continue;
    simulation.saved_per_layer = std::max(simulation.saved_per_layer, memory_.part(p).saved);
  }
  for (const auto& [key, copies] : tensors_at_peak(program_, simulation.peak)) {
    const Tensor& tensor = program_.tensors[key.first];
    const MemoryRole role = key.second ? MemoryRole::kSavedActivations : memory_role(tensor.role);
    simulation.largest.push_back(
        {tensor.name, to_text(tensor), role, tensor.bytes * copies, copies});
  }
  std::stable_sort(
      simulation.largest.begin(), simulation.largest.end(),
      [](const LargestTensor& a, const LargestTensor& b) { return a.bytes > b.bytes; });
  if (simulation.largest.size() > kLargestTensors) simulation.largest.resize(kLargestTensors);
  const PeakMoment& moment = simulation.peak.moment;
  const PartRun& run = program_.runs[moment.run];
  simulation.peak_moment =
      fmt::format("stage {}, {} {} of {}, {}: {}", simulation.peak.stage,
                  program_.parts[run.part].name, moment.instance + 1, run.count,
                  moment.backward ? "backward" : "forward", program_.ops[moment.op].name);
}

void Simulator::describe_time(Simulation& simulation) {
  const StepTime& time = simulation.time;
  simulation.micro_batches = program_.micro_batches;
  const StageClass& stage = program_.stages[time.busiest_stage_class];
  for_each_execution(program_, stage, [&](std::size_t op, std::int64_t executions) {
    if (program_.ops[op].pass == Pass::kUpdate) return;
    simulation.busy[index_of(bound_of(program_.ops[op]))] +=
        durations_[op] * static_cast<double>(executions);
  });
  simulation.busy[index_of(StepBound::kUpdate)] = time.update;

  StepShares& shares = simulation.shares;
  for (const StepBound work : {StepBound::kGemm, StepBound::kAttention, StepBound::kMemoryPasses}) {
    shares[index_of(work)] = simulation.busy[index_of(work)];
  }
  for (std::size_t axis = 0; axis < kAxisCount; ++axis) {
    shares[index_of(bound_of(static_cast<Axis>(axis)))] += simulation.exposed.by_axis[axis];
  }
  for (std::size_t op = 0; op < program_.ops.size(); ++op) {
    if (std::holds_alternative<Communication>(program_.ops[op].work)) continue;
    shares[index_of(StepBound::kInterference)] += Seconds(simulation.exposed.by_op[op]);
  }
  shares[index_of(StepBound::kUpdate)] += time.update;
  Seconds charged;
  for (const Seconds share : shares) charged += share;
  // What is left is the ramp of the pipeline and its hand-overs.
  const StepBound rest =
      program_.pipeline_stages > 1 ? StepBound::kPipelineBubble : StepBound::kShardCommunication;
  shares[index_of(rest)] += time.step - charged;
  const auto largest = std::max_element(shares.begin(), shares.end());
  simulation.bound = static_cast<StepBound>(largest - shares.begin());

  const auto gpus = static_cast<double>(job_.cluster.gpu_count());
  const auto sequences = static_cast<double>(job_.training.global_batch_size);
  const auto tokens = static_cast<double>(job_.training.sequence_length) * sequences;
  simulation.tokens_per_gpu_per_second = tokens / time.step.value() / gpus;
  const Training& training = job_.training;
  const Tokens sequence(training.sequence_length);
  // Kernel benchmarks count five products backward for two forward.
  const Flops of_sequence = training.scope == TrainingScope::kAttention
                                ? 3.5 * attention_flops(job_.model, sequence, training.mask)
                                : model_flops(job_.model, sequence, training.mask);
  const Flops needed = sequences * of_sequence;
  simulation.model_flops_per_gpu = FlopsPerSecond(needed.value() / time.step.value() / gpus);
  simulation.mfu = simulation.model_flops_per_gpu / job_.cluster.device.peak_bf16;
}

void Simulator::describe_traffic(Simulation& simulation) {
  const StageClass& stage = program_.stages[simulation.time.busiest_stage_class];
  const std::vector<double>& exposed = simulation.exposed.by_op;
  for_each_execution(program_, stage, [&](std::size_t index, std::int64_t executions) {
    const Op& op = program_.ops[index];
    const auto* work = std::get_if<Communication>(&op.work);
    if (work == nullptr) return;
    const std::int64_t size = program_.group_size(work->axis);
    TrafficRow row;
    row.op = op.name;
    row.axis = work->axis;
    row.collective = work->collective;
    row.group_size = size;
    row.pass = op.pass;
    row.per = frequency_of(program_, index);
    row.count = executions;
    row.bytes_sent_per_gpu = bytes_sent(*work, size);
    row.message_bytes = message_bytes(*work, size);
    row.seconds = durations_[index];
    row.exposed_seconds = Seconds(exposed[index]);
    row.bound = name_of(network_.explain(*work).bound());
    row.bound_link = network_.bound_link(*work);
    row.timed_by = network_.timed_by(*work);
    // The hops of a ring before, in and after its loop are one row.
    const auto same = std::find_if(
        simulation.traffic.begin(), simulation.traffic.end(), [&](const TrafficRow& other) {
          return other.op == row.op && other.axis == row.axis && other.pass == row.pass &&
                 other.bytes_sent_per_gpu == row.bytes_sent_per_gpu &&
                 std::strcmp(other.per, row.per) == 0;
        });
    if (same == simulation.traffic.end()) {
      simulation.traffic.push_back(std::move(row));
    } else {
      same->count += row.count;
      same->exposed_seconds += row.exposed_seconds;
    }
  });
}

Simulation Simulator::simulate(const Layout& layout) {
  prepare(layout);
  read_memory();
  read_durations();
  Simulation simulation;
  simulation.layout = layout;
  simulation.time = time_.read(program_, durations_, uses_);
  simulation.exposed = time_.exposed(program_, simulation.time);
  simulation.kv_replication = kv_replication(job_, layout);
  describe_memory(simulation);
  describe_time(simulation);
  describe_traffic(simulation);
  return simulation;
}

}  // namespace seqspan::sim
