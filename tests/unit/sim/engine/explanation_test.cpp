#include "sim/engine/explanation.hpp"

#include <gtest/gtest.h>

#include <ostream>

#include "sim/engine/executions.hpp"
#include "sim/engine/op_times.hpp"
#include "sim/layout/legality.hpp"
#include "tests/support/job.hpp"
#include "tests/unit/sim/formula/evaluate.hpp"

namespace seqspan::sim {
namespace {

using tests::layout_of;
using tests::make_job;

struct Case {
  const char* model;
  Framework framework;
  std::int64_t nodes;
  const char* layout;
  std::int64_t batch = 16;
  bool fp8 = false;
};

std::ostream& operator<<(std::ostream& out, const Case& one) {
  return out << one.model << " " << one.layout;
}

// Every law has a parameter of its own: nothing is at a value that hides it.
Job job_of(const Case& one) {
  Job job = make_job(one.model, one.framework, one.nodes, 65536, one.batch);
  DeviceProfile& device = job.cluster.device;
  device.compute_capability = 90;
  device.nvls_efficiency = 0.8;
  device.variability = 0.08;
  device.interference = 0.4;
  device.pass_overhead = Seconds(7e-6);
  device.grouped_gemm_launch = Seconds(9e-6);
  device.forward_tiles = {128, 0.5, Seconds(2e-6)};
  device.backward_tiles = {64, 0.25, Seconds(3e-6)};
  device.efficiency.attention_rows = 0.7;
  device.efficiency.causal = 0.95;
  device.efficiency.wide_heads_forward = 0.9;
  device.efficiency.wide_heads_backward = 0.8;
  device.efficiency.weight_gradient = 0.65;
  device.peak_fp8 = FlopsPerSecond(2e15);
  device.efficiency.fp8_gemm = 0.66;
  device.efficiency.fp8_gradient_gemm = 0.61;
  if (one.fp8) job.training.linear_precision = LinearPrecision::kFloat8;
  device.host = {Seconds(21e-6), Seconds(43e-6), Seconds(11e-6), Seconds(22e-6), Seconds(3e-4)};
  device.nvlink.simple_message_latency = Seconds(15e-6);
  device.nvlink.channel_bandwidth = BytesPerSecond(20e9);
  device.nvlink.ll_channel_bandwidth = BytesPerSecond(5e9);
  job.cluster.nic.channel_bandwidth = BytesPerSecond(15e9);
  job.cluster.nic.half_speed_bytes = 100'000;
  job.cluster.nodes_per_leaf = 2;
  job.cluster.spine_oversubscription = 2;
  return job;
}

class Explained : public testing::TestWithParam<Case> {
 protected:
  Explained() : job_(job_of(GetParam())), layout_(layout_of(job_, GetParam().layout)) {}

  Job job_;
  Layout layout_;
};

std::vector<const ExplainedOp*> ops_of(const Explanation& explanation) {
  std::vector<const ExplainedOp*> ops;
  for (const ExplainedBlock& block : explanation.blocks) {
    for (const ExplainedOp& op : block.ops) ops.push_back(&op);
  }
  return ops;
}

void expect_text_holds(const Formula& formula) {
  ASSERT_FALSE(formula.equations.empty());
  EXPECT_STRNE(formula.law.name, "");
  EXPECT_STRNE(formula.law.source, "");
  for (const Term& term : formula.terms) {
    EXPECT_NE(term.source, "") << term.symbol;
    for (const Equation& equation : formula.equations) EXPECT_NE(term.symbol, equation.symbol);
  }
  for (const Equation& equation : formula.equations) {
    EXPECT_DOUBLE_EQ(tests::evaluated(formula, equation), equation.value)
        << equation.symbol << " = " << equation.formula;
  }
}

TEST_P(Explained, EveryOpTakesWhatTheReaderTakes) {
  ASSERT_FALSE(broken_rule(job_, layout_).has_value());
  Simulator simulator(job_);
  const Explanation explanation = simulator.explain(layout_);
  const Program& program = simulator.program_of(layout_);
  Network network(job_.cluster);
  network.place(layout_);
  std::vector<Seconds> durations;
  std::vector<LinkUse> uses;
  read_op_times(job_.cluster, network, program, durations, uses);

  const std::vector<const ExplainedOp*> ops = ops_of(explanation);
  ASSERT_EQ(ops.size(), program.ops.size());
  for (std::size_t i = 0; i < ops.size(); ++i) {
    EXPECT_STREQ(ops[i]->name, program.ops[i].name);
    EXPECT_EQ(ops[i]->formula.value(), durations[i].value()) << ops[i]->name;
    expect_text_holds(ops[i]->formula);
    if (!ops[i]->communication) continue;
    EXPECT_EQ(ops[i]->communication->interference.value(), uses[i].interference) << ops[i]->name;
    expect_text_holds(ops[i]->communication->interference);
  }

  // Their sum is what the report calls busy.
  const Simulation& simulation = explanation.simulation;
  std::array<Seconds, kStepBoundCount> busy{};
  for_each_execution(program, program.stages[simulation.time.busiest_stage_class],
                     [&](std::size_t op, std::int64_t executions) {
                       if (program.ops[op].pass == Pass::kUpdate) return;
                       busy[static_cast<std::size_t>(bound_of(program.ops[op]))] +=
                           ops[op]->seconds() * static_cast<double>(executions);
                     });
  for (std::size_t i = 0; i < kStepBoundCount; ++i) {
    if (static_cast<StepBound>(i) == StepBound::kUpdate) continue;
    EXPECT_EQ(busy[i], simulation.busy[i]) << name_of(static_cast<StepBound>(i));
  }
}

TEST_P(Explained, TheStepIsTheReaders) {
  const Explanation explanation = Simulator(job_).explain(layout_);
  EXPECT_EQ(explanation.step.value(), explanation.simulation.time.step.value());
  EXPECT_EQ(explanation.step.value(), Simulator(job_).evaluate(layout_, true).step.value());
  expect_text_holds(explanation.step);
  ASSERT_FALSE(explanation.host.empty());
  for (const Formula& formula : explanation.host) expect_text_holds(formula);
  ASSERT_EQ(explanation.throughput.size(), 3U);
  for (const Formula& formula : explanation.throughput) expect_text_holds(formula);
  const Simulation simulation = Simulator(job_).simulate(layout_);
  EXPECT_EQ(explanation.throughput[0].value(), simulation.tokens_per_gpu_per_second);
  EXPECT_EQ(explanation.throughput[1].value(), simulation.model_flops_per_gpu.value());
  EXPECT_EQ(explanation.throughput[2].value(), simulation.mfu);
}

TEST_P(Explained, MemoryAddsUpToTheReadersByRole) {
  const Explanation explanation = Simulator(job_).explain(layout_);
  const ExplainedMemory& memory = explanation.memory;
  const StageMemory& peak = explanation.simulation.peak;
  EXPECT_EQ(memory.peak.value(), static_cast<double>(peak.peak.value()));
  expect_text_holds(memory.peak);
  expect_text_holds(memory.in_flight);
  std::array<double, kMemoryRoleCount> by_role{};
  for (const ExplainedTensor& tensor : memory.tensors) {
    by_role[static_cast<std::size_t>(tensor.role)] += tensor.formula.value();
  }
  const auto at = [&](MemoryRole role) -> double& {
    return by_role[static_cast<std::size_t>(role)];
  };
  for (const ExplainedMemory::Buffers& one : memory.buffers) {
    at(MemoryRole::kCommunicationBuffers) += one.formula.value();
    expect_text_holds(one.formula);
  }
  at(MemoryRole::kSavedActivations) += static_cast<double>(memory.saved_beyond.value());
  at(MemoryRole::kTransient) -= static_cast<double>(memory.saved_beyond.value());
  at(MemoryRole::kRuntime) = static_cast<double>(job_.cluster.device.runtime_reserve.value());
  for (std::size_t i = 0; i < kMemoryRoleCount; ++i) {
    EXPECT_EQ(by_role[i], static_cast<double>(peak.by_role[i].value()))
        << name_of(static_cast<MemoryRole>(i));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Layouts, Explained,
    testing::Values(
        Case{"Llama-3-8B", Framework::kMegatron, 1, "tp=8"},
        Case{"Llama-3-8B", Framework::kMegatron, 1, "ulysses=8,recompute=full"},
        Case{"Llama-3-8B", Framework::kMegatron, 4, "tp=2,ring=4"},
        Case{"Llama-3-8B", Framework::kMegatron, 4, "tp=2,ring=4", 16, true},
        Case{"Llama-3-8B", Framework::kTorchTitan, 1, "ring=8,recompute=full", 16, true},
        Case{"Llama-3-8B", Framework::kMegatron, 2, "ring=16,kv_exchange=all_gather"},
        Case{"Llama-3-8B", Framework::kMegatron, 4, "tp=2,pp=4,ulysses=2,recompute=selective", 64},
        Case{"Llama-3-8B", Framework::kMegatron, 1, "tp=2,pp=4,vpp=2"},
        Case{"Llama-3-8B", Framework::kTorchTitan, 4, "ring=8,recompute=full,sharding=parameters",
             32},
        Case{"Qwen3-32B", Framework::kDeepSpeed, 2, "ulysses=8"},
        Case{"Llama-3-8B", Framework::kYunchang, 2, "ulysses=4,ring=2"},
        Case{"Qwen3-235B-A22B", Framework::kMegatron, 4, "tp=4,ring=2,ep=8,etp=1", 64},
        Case{"DeepSeek-V3", Framework::kMegatron, 8, "tp=2,ring=4,ep=8,etp=1,pp=4", 64}));

}  // namespace
}  // namespace seqspan::sim
