// Everything about one layout: what Simulator::simulate gathers for people.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "sim/documents/row_split.hpp"
#include "sim/engine/executions.hpp"
#include "sim/engine/simulator.hpp"
#include "sim/engine/tensors_at_peak.hpp"
#include "sim/engine/throughput.hpp"
#include "sim/layout/legality.hpp"
#include "sim/lower/framework_traits.hpp"
#include "sim/program/print.hpp"

namespace seqspan::sim {
namespace {

constexpr std::size_t kLargestTensors = 12;

constexpr std::size_t index_of(StepBound bound) { return static_cast<std::size_t>(bound); }

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
    case StepBound::kHost:
      return "host_copies";
    case StepBound::kLaunches:
      return "host_launches";
    case StepBound::kPipelineBubble:
      return "pipeline";
    case StepBound::kUpdate:
      return "optimizer";
    case StepBound::kImbalance:
      return "imbalance";
  }
  return "";
}

ReservedMemory Simulator::reserved() const {
  const bool expandable =
      job_.training.expandable_segments.value_or(traits_of(job_.framework).expandable_segments);
  const Bytes outside = communication_buffers(program_uses()) + job_.cluster.device.runtime_reserve;
  return reserved_memory(program_, expandable ? SegmentKind::kExpandable : SegmentKind::kFixed,
                         job_.cluster.device.memory - outside);
}

void Simulator::describe_memory(Simulation& simulation) {
  simulation.capacity = job_.cluster.device.memory;
  simulation.peak = memory_.peak();
  for (std::int64_t stage = 0; stage < program_.pipeline_stages; ++stage) {
    simulation.by_stage.push_back(memory_.stage(stage));
  }
  simulation.host_memory = memory_.on_host();
  simulation.host_capacity = job_.cluster.host_memory;
  simulation.gpus_per_host = job_.cluster.gpus_per_node;
  simulation.fits =
      simulation.peak.peak <= simulation.capacity && host_fits(simulation.host_memory.bytes);
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
    const Seconds work = durations_[op] * static_cast<double>(executions);
    simulation.busy[index_of(bound_of(program_.ops[op]))] += work;
    if (uses_host(program_.ops[op]) && program_.ops[op].stream == Stream::kCompute) {
      simulation.shares[index_of(StepBound::kHost)] += work;
    }
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
    const bool host = uses_host(program_.ops[op]);
    shares[index_of(host ? StepBound::kHost : StepBound::kInterference)] +=
        Seconds(simulation.exposed.by_op[op]);
  }
  shares[index_of(StepBound::kHost)] += time.host_tail;
  shares[index_of(StepBound::kLaunches)] += simulation.exposed.host;
  shares[index_of(StepBound::kUpdate)] += time.update;
  shares[index_of(StepBound::kImbalance)] += time.imbalance;
  shares[index_of(StepBound::kAttention)] += time.curvature;
  if (time.groups != Seconds(0)) {
    // Of a micro-batch, in proportion: the program is that of groups of one size.
    Seconds micro_batches;
    for (std::size_t i = 0; i < index_of(StepBound::kPipelineBubble); ++i)
      micro_batches += shares[i];
    const double factor = 1 + time.groups / micro_batches;
    for (std::size_t i = 0; i < index_of(StepBound::kPipelineBubble); ++i) shares[i] *= factor;
  }
  Seconds charged;
  for (const Seconds share : shares) charged += share;
  // What is left is the ramp of the pipeline and its hand-overs.
  const StepBound rest =
      program_.pipeline_stages > 1 ? StepBound::kPipelineBubble : StepBound::kShardCommunication;
  shares[index_of(rest)] += time.step - charged;
  const auto largest = std::max_element(shares.begin(), shares.end());
  simulation.bound = static_cast<StepBound>(largest - shares.begin());

  const ThroughputOf<Plain> reached = throughput(Plain{}, job_, row_content(), time.step);
  simulation.tokens_per_gpu_per_second = reached.tokens;
  simulation.model_flops_per_gpu = reached.model_flops;
  simulation.mfu = reached.mfu;
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

void Simulator::describe_host(Simulation& simulation) {
  const StageClass& stage = program_.stages[simulation.time.busiest_stage_class];
  for_each_execution(program_, stage, [&](std::size_t index, std::int64_t executions) {
    const Op& op = program_.ops[index];
    if (!uses_host(op)) return;
    HostRow row;
    row.op = op.name;
    const auto* copy = std::get_if<HostCopy>(&op.work);
    row.way = copy == nullptr ? "on host" : copy->to_host ? "to host" : "from host";
    row.pass = op.pass;
    row.per = frequency_of(program_, index);
    row.count = executions;
    row.bytes = copy != nullptr ? copy->bytes : std::get<HostPass>(op.work).bytes;
    row.seconds = durations_[index];
    row.waits = op.stream == Stream::kCompute;
    if (op.pass != Pass::kUpdate) {
      row.exposed = Seconds(simulation.exposed.by_op[index]) +
                    row.seconds * static_cast<double>(row.waits ? executions : 0);
    }
    simulation.host.push_back(std::move(row));
  });
}

RowContent Simulator::row_content() const {
  if (!documents_) return {};
  return {documents_->facts().tokens, documents_->facts().pairs};
}

void Simulator::describe_documents(Simulation& simulation) {
  if (!documents_) return;
  constexpr double kTwoSided95 = 1.96;  // standard errors
  const RowSplit split = row_split(job_, simulation.layout);
  DocumentReport report;
  report.split = document_split(job_);
  report.multiple = split.multiple;
  report.rows = documents_->facts();
  report.confidence = kTwoSided95 * simulation.time.error;
  const StepTime& time = simulation.time;
  const Seconds even = time.step - time.imbalance - time.curvature - time.uneven - time.groups;
  for (const Assignment assignment :
       {Assignment::kAsTheyCome, Assignment::kSorted, Assignment::kBalanced}) {
    const Imbalance imbalance =
        documents_->imbalance(simulation.layout, program_, point_time_, durations_, uses_,
                              launches_, simulation.time, assignment);
    report.policies.push_back({assignment, even + imbalance.total(), imbalance.mean});
    if (assignment != job_.training.documents->assignment) continue;
    report.rank_imbalance = documents_->steps().imbalance;
    report.lockstep = documents_->steps().shape.lockstep;
    report.steps = documents_->steps().samples;
  }
  Job grouped = job_;
  grouped.training.documents->context_parallel = DocumentGroups::kPerDocument;
  if (!broken_rule(grouped, simulation.layout)) {
    StepTime alone = time;
    alone.step = even;
    const StepTime with = with_groups(simulation.layout, alone);
    report.groups = DocumentReport::Groups{with.step, with.imbalance};
  }
  simulation.documents = std::move(report);
}

Simulation Simulator::simulate(const Layout& layout, bool with_reserved) {
  prepare(layout);
  read_program_memory();
  Simulation simulation;
  simulation.layout = layout;
  simulation.time = read_time();
  add_imbalance(layout, simulation.time);
  simulation.exposed = time_.exposed(program_, simulation.time);
  simulation.kv_replication = kv_replication(job_, layout);
  describe_memory(simulation);
  if (with_reserved && job_.training.scope == TrainingScope::kStep) {
    simulation.reserved = reserved();
  }
  describe_time(simulation);
  describe_traffic(simulation);
  describe_host(simulation);
  describe_documents(simulation);
  return simulation;
}

}  // namespace seqspan::sim
