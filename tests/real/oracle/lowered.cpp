#include "tests/real/oracle/lowered.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>

#include "sim/engine/block_memory.hpp"
#include "sim/layout/legality.hpp"
#include "tests/support/job.hpp"

namespace seqspan::oracle {
namespace {

sim::Job job_of(const Plan& plan, const Sizes& sizes, std::int64_t hidden,
                sim::Framework framework) {
  const std::int64_t ranks = plan.degrees.tensor * plan.degrees.context();
  sim::Tower tower;
  tower.name = "text";
  tower.hidden = hidden;
  tower.kinds = {{sim::FullAttention{.query_heads = sizes.query_heads,
                                     .kv_heads = sizes.kv_heads,
                                     .head_dim = sizes.head_dim},
                  sim::DenseFeedForward{.intermediate = plan.degrees.tensor}}};
  tower.runs = {{.kind = 0, .count = 1}};
  sim::Job job;
  job.name = "oracle";
  job.model.name = "one layer";
  job.model.towers = {tower};
  job.model.vocabulary = 128;
  job.cluster = tests::plain_cluster(1);
  job.cluster.gpus_per_node = ranks;
  job.cluster.nvlink_domain = ranks;
  job.framework = framework;
  job.training.sequence_length = sizes.sequence;
  job.training.global_batch_size = sizes.batch;
  return job;
}

sim::RingOrder order_of(const Plan& plan) {
  if (plan.family != Family::kYunchang) return sim::RingOrder::kZigzag;
  switch (plan.order) {
    case Order::kContiguous:
      return sim::RingOrder::kContiguous;
    case Order::kZigzag:
      return sim::RingOrder::kZigzag;
    case Order::kStriped:
      return sim::RingOrder::kStriped;
  }
  return sim::RingOrder::kZigzag;
}

sim::LayoutChoice layout_of(const Plan& plan, const Sizes& sizes) {
  sim::LayoutChoice layout;
  layout.tp = plan.degrees.tensor;
  layout.ulysses = plan.degrees.ulysses;
  layout.ring = plan.degrees.ring;
  layout.micro_batch = sizes.batch;
  layout.ring_order = order_of(plan);
  layout.kv_exchange =
      plan.gathers_keys ? sim::KvExchange::kAllGather : sim::KvExchange::kPointToPoint;
  layout.placement =
      plan.degrees.ring_inner ? sim::Placement::kRingInner : sim::Placement::kUlyssesInner;
  return layout;
}

// The ops of a block between the one named `before` and the one named `after`, as a block.
sim::Block cut(const sim::Program& program, const sim::Block& block, std::string_view before,
               std::string_view after) {
  const auto place = [&](std::string_view name) {
    std::size_t i = block.first_op;
    while (i < block.first_op + block.op_count && name != program.ops[i].name) ++i;
    EXPECT_LT(i, block.first_op + block.op_count) << "no op is named " << name;
    return i;
  };
  sim::Block inner = block;
  inner.first_op = place(before) + 1;
  inner.op_count = place(after) - inner.first_op;
  return inner;
}

sim::Operands activations(const sim::Program& program, const sim::Operands& operands) {
  sim::Operands result;
  for (const sim::TensorId id : operands) {
    if (program.tensor(id).role == sim::Role::kActivation) result.push_back(id);
  }
  return result;
}

std::string list(const sim::Program& program, const std::vector<sim::LiveTensor>& live) {
  std::string text;
  for (const sim::LiveTensor& tensor : live) {
    const sim::Tensor& of = program.tensor(tensor.id);
    text += std::string("\n    ") + of.name + " " + std::to_string(of.bytes.value());
    if (tensor.copies > 1) text += " x " + std::to_string(tensor.copies);
  }
  return text;
}

bool is_on_attention_axis(const sim::Op& op) {
  const auto* work = std::get_if<sim::Communication>(&op.work);
  return work != nullptr && (work->axis == sim::Axis::kTensor ||
                             work->axis == sim::Axis::kUlysses || work->axis == sim::Axis::kRing);
}

}  // namespace

std::vector<sim::Framework> frameworks_of(const Plan& plan, const Sizes& sizes) {
  switch (plan.family) {
    case Family::kYunchang:
      return {sim::Framework::kYunchang};
    case Family::kDeepSpeed:
      return {sim::Framework::kDeepSpeed};
    case Family::kTransformerEngine:
      break;
  }
  // torchtitan gathers no QKV over heads.
  if (plan.gathers_keys && sizes.kv_heads >= plan.degrees.tensor) {
    return {sim::Framework::kMegatron, sim::Framework::kTorchTitan};
  }
  return {sim::Framework::kMegatron};
}

sim::Program lower_layer(const Plan& plan, const Sizes& sizes, std::int64_t hidden,
                         std::int64_t ring_rank, sim::Framework framework) {
  const sim::Job job = job_of(plan, sizes, hidden, framework);
  const sim::Layout layout = sim::resolve(job, layout_of(plan, sizes));
  if (const auto code = sim::broken_rule(job, layout)) {
    ADD_FAILURE() << name_of(plan) << ": " << sim::describe(*code, job, layout);
  }
  sim::Program program;
  sim::lower_for(job, layout, ring_rank, program);
  return program;
}

std::vector<std::size_t> unrolled(const sim::Program& program, const sim::Block& block) {
  std::vector<std::size_t> order;
  std::size_t loop = block.first_loop;
  for (std::size_t i = block.first_op; i < block.first_op + block.op_count; ++i) {
    const bool in_loop =
        loop < block.first_loop + block.loop_count && i == program.loops[loop].first;
    if (!in_loop) {
      order.push_back(i);
      continue;
    }
    const sim::Loop& body = program.loops[loop++];
    for (std::int64_t time = 0; time < body.times; ++time) {
      for (std::size_t j = 0; j < body.count; ++j) order.push_back(i + j);
    }
    i += body.count - 1;
  }
  return order;
}

std::vector<const sim::Op*> attention_traffic(const sim::Program& program, bool backward) {
  const sim::Part& layer = tests::part_named(program, "layer");
  const sim::Block& block = program.blocks[backward ? layer.backward : layer.forward];
  std::vector<const sim::Op*> traffic;
  bool inside = !backward;
  bool found_edge = false;
  for (const std::size_t index : unrolled(program, block)) {
    const sim::Op& op = program.ops[index];
    const std::string_view name = op.name;
    if (backward && (name == "all-gather gradient of attention" ||
                     name == "output projection, data gradient")) {
      inside = found_edge = true;
    }
    if (!backward && name == "residual after attention") {
      found_edge = true;
      break;
    }
    if (inside && is_on_attention_axis(op)) traffic.push_back(&op);
  }
  EXPECT_TRUE(found_edge) << "the attention half has no edge that this test knows";
  return traffic;
}

AttentionMemory attention_memory(sim::Program program) {
  sim::Part part = tests::part_named(program, "layer");
  sim::Block forward =
      cut(program, program.blocks[part.forward], "split heads, RoPE", "output projection");
  sim::Block backward = cut(program, program.blocks[part.backward],
                            "output projection, weight gradient", "RoPE backward");
  const auto op = [&](std::size_t index) -> const sim::Op& { return program.ops[index]; };
  forward.inputs = op(forward.first_op - 1).writes;
  // The first thing that the projection reads; its parameters are the other.
  forward.outputs = {*op(forward.first_op + forward.op_count).reads.begin()};
  backward.inputs = op(backward.first_op - 2).writes;  // of "output projection, data gradient"
  backward.outputs = activations(program, op(backward.first_op + backward.op_count).reads);
  part.forward = program.blocks.size();
  part.backward = part.forward + 1;
  program.blocks.push_back(forward);
  program.blocks.push_back(backward);

  sim::BlockMemoryReader reader;
  const sim::PartMemory memory = reader.read(program, part);
  AttentionMemory result;
  result.kept = memory.saved.value();
  result.forward_peak = memory.forward.bytes.value();
  result.backward_peak = memory.backward.bytes.value();
  std::vector<sim::LiveTensor> kept;
  for (const sim::TensorId id : reader.saved_tensors(program, part)) kept.push_back({id, 1, true});
  for (const sim::TensorId id : forward.outputs) {
    const bool saved = std::any_of(kept.begin(), kept.end(),
                                   [id](const sim::LiveTensor& tensor) { return tensor.id == id; });
    if (saved) continue;
    kept.push_back({id, 1, true});
    result.kept += program.tensor(id).bytes.value();
  }
  result.kept_tensors = list(program, kept);
  result.at_forward_peak = list(program, reader.live_at_peak(program, part, false));
  result.at_backward_peak = list(program, reader.live_at_peak(program, part, true));
  return result;
}

}  // namespace seqspan::oracle
