#include "sim/engine/explanation.hpp"

#include <algorithm>

#include "sim/engine/executions.hpp"
#include "sim/engine/op_times.hpp"
#include "sim/engine/tensors_at_peak.hpp"
#include "sim/engine/throughput.hpp"
#include "sim/formula/traced.hpp"
#include "sim/network/communicator_memory.hpp"

namespace seqspan::sim {
namespace {

constexpr Law kPeak{"peak memory",
                    "sim/engine/step_memory.hpp: what is alive at the peak, by role"};
constexpr Law kInFlight{"micro-batches in flight",
                        "Megatron-LM megatron/core/pipeline_parallel/schedules.py"};
constexpr Law kThroughput{"throughput", "PaLM, arXiv 2204.02311, appendix B (MFU)"};
constexpr Law kTensor{"tensor", "the program's shapes (seqspan simulate --program)"};
constexpr Law kBuffers{"communicator buffers",
                       "NVIDIA/nccl v2.30 src/init.cc, src/transport/p2p.cc and net.cc"};

const char* copies_source(MemoryRole role) {
  switch (role) {
    case MemoryRole::kSavedActivations:
      return "layers of the stage x micro-batches in flight, less what backward has freed";
    case MemoryRole::kTransient:
      return "alive at the op of the peak";
    case MemoryRole::kParameters:
    case MemoryRole::kGradients:
    case MemoryRole::kOptimizerState:
    case MemoryRole::kCommunicationBuffers:
    case MemoryRole::kRuntime:
      break;
  }
  return "layers of the stage that have one";
}

const char* role_source(MemoryRole role) {
  if (role == MemoryRole::kCommunicationBuffers) return "the sum over the communicators";
  return role == MemoryRole::kRuntime ? "the device" : "the sum over the tensors of that role";
}

// Executions of every op on the busiest stage that runs it: the step's busiest, else the first.
struct Executions {
  std::vector<std::int64_t> of_op;
  std::vector<std::int64_t> stage_of_op;
};

Executions executions_of(const Program& program, std::size_t busiest) {
  Executions result{std::vector<std::int64_t>(program.ops.size(), 0),
                    std::vector<std::int64_t>(program.ops.size(), -1)};
  const auto count = [&](const StageClass& stage) {
    for_each_execution(program, stage, [&](std::size_t op, std::int64_t executions) {
      std::int64_t& counted_of = result.stage_of_op[op];
      if (counted_of >= 0 && counted_of != stage.first_stage) return;
      counted_of = stage.first_stage;
      result.of_op[op] += executions;
    });
  };
  count(program.stages[busiest]);
  for (const StageClass& stage : program.stages) {
    if (stage.first_stage != program.stages[busiest].first_stage) count(stage);
  }
  return result;
}

}  // namespace

ExplainedCommunication Simulator::explain_communication(const Communication& work) const {
  ExplainedCommunication result;
  const PlacedGroup& group = network_.group(work.axis);
  const CommunicationTime time = network_.explain(work);
  result.work = work;
  result.group_size = program_.group_size(work.axis);
  result.groups = group.world / group.shape.size;
  result.domains = group.domains;
  result.domain_members = group.domain_members;
  result.sent = bytes_sent(work, result.group_size);
  result.message = message_bytes(work, result.group_size);
  result.algorithm = time.algorithm;
  result.protocol = time.protocol;
  result.bound = time.bound();
  result.timed_by = network_.timed_by(work);
  result.interference = explain_interference(job_.cluster, time);
  return result;
}

void Simulator::explain_blocks(Explanation& explanation) const {
  const Simulation& simulation = explanation.simulation;
  const Executions executions = executions_of(program_, simulation.time.busiest_stage_class);
  const auto explain = [&](const Part& part, const char* name, const Block& block) {
    if (block.op_count == 0) return;
    ExplainedBlock explained{part.name, name, executions.stage_of_op[block.first_op], {}};
    for (std::size_t i = block.first_op; i < block.first_op + block.op_count; ++i) {
      const Op& op = program_.ops[i];
      ExplainedOp one;
      one.name = op.name;
      one.pass = op.pass;
      one.per = frequency_of(program_, i);
      one.executions = executions.of_op[i];
      one.formula = explain_op_time(job_.cluster, network_, op);
      one.exposed = Seconds(simulation.exposed.by_op[i]);
      if (const auto* work = std::get_if<Communication>(&op.work)) {
        one.communication = explain_communication(*work);
      }
      explained.ops.push_back(std::move(one));
    }
    explanation.blocks.push_back(std::move(explained));
  };
  for (const Part& part : program_.parts) {
    explain(part, "forward", program_.blocks[part.forward]);
    explain(part, "backward", program_.blocks[part.backward]);
    explain(part, "update", program_.blocks[part.update]);
  }
}

void Simulator::explain_memory(Explanation& explanation) const {
  const Tracing in;
  const StageMemory& peak = explanation.simulation.peak;
  ExplainedMemory& memory = explanation.memory;
  auto sum = in.constant(Bytes(0));
  for (std::size_t i = 0; i < kMemoryRoleCount; ++i) {
    const auto role = static_cast<MemoryRole>(i);
    if (peak.by_role[i] == Bytes(0)) continue;
    sum = sum + (role == MemoryRole::kRuntime
                     ? in.sourced("runtime_reserve", peak.by_role[i], job_.cluster.device.sources)
                     : in.given(name_of(role), peak.by_role[i], role_source(role)));
  }
  memory.peak = formula_of(kPeak, "peak", sum);
  memory.in_flight =
      formula_of(kInFlight, "in_flight",
                 chunks_in_flight(in, program_.pipeline_stages, peak.stage, program_.micro_batches,
                                  program_.chunks_per_stage));
  memory.saved_beyond = peak.by_role[static_cast<std::size_t>(MemoryRole::kSavedActivations)];
  for (const auto& [key, copies] : tensors_at_peak(program_, peak)) {
    const Tensor& tensor = program_.tensors[key.first];
    const MemoryRole role = key.second ? MemoryRole::kSavedActivations : memory_role(tensor.role);
    const auto bytes = bytes_of(in, tensor.shape, tensor.data_type) *
                       in.given("copies", copies, copies_source(role));
    if (role == MemoryRole::kSavedActivations) memory.saved_beyond -= bytes.value();
    memory.tensors.push_back({tensor.name, role, formula_of(kTensor, "bytes", bytes)});
  }
  std::stable_sort(memory.tensors.begin(), memory.tensors.end(),
                   [](const ExplainedTensor& a, const ExplainedTensor& b) {
                     return a.formula.value() > b.formula.value();
                   });
  const CommunicatorUses uses = program_uses();
  for (std::size_t i = 0; i < kAxisCount; ++i) {
    const auto axis = static_cast<Axis>(i);
    const auto bytes = communicator_memory(in, job_.cluster, network_.group(axis), uses[i]);
    if (bytes.value() == Bytes(0)) continue;
    memory.buffers.push_back({axis, formula_of(kBuffers, "bytes", bytes)});
  }
}

Explanation Simulator::explain(const Layout& layout) {
  Explanation explanation;
  explanation.simulation = simulate(layout);
  explain_blocks(explanation);
  explain_memory(explanation);
  explanation.step = time_.explain(program_, explanation.simulation.time);
  const StepTime& time = explanation.simulation.time;
  explanation.host =
      launches_.explain(program_, program_.stages[time.busiest_stage_class], time.gpu);
  const ThroughputOf<Tracing> reached =
      throughput(Tracing{}, job_, row_content(), explanation.simulation.time.step);
  explanation.throughput = {formula_of(kThroughput, "tokens_per_gpu_per_second", reached.tokens),
                            formula_of(kThroughput, "model_flops", reached.model_flops),
                            formula_of(kThroughput, "mfu", reached.mfu)};
  return explanation;
}

}  // namespace seqspan::sim
