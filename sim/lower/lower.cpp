#include "sim/lower/lower.hpp"

#include "sim/lower/attention_alone.hpp"
#include "sim/lower/embedding.hpp"
#include "sim/lower/gradient_type.hpp"
#include "sim/lower/layer/layer.hpp"
#include "sim/lower/loss.hpp"
#include "sim/lower/stages.hpp"

namespace seqspan::sim {
namespace {

// The hand-over of hidden states between stages: [b, s/(c t), h] each way per micro-batch.
// Source: Megatron-LM megatron/core/pipeline_parallel/schedules.py get_tensor_shapes.
void lower_boundary(ProgramBuilder& builder, const LoweringContext& context) {
  builder.begin_part("pipeline boundary", PartKind::kBoundary);
  const TensorId sent = builder.bfloat16("hidden states sent", context.dimensions.shard());
  const TensorId received = builder.bfloat16("hidden states received", context.dimensions.shard());
  const Communication hand_over{Collective::kPointToPoint, Axis::kPipeline,
                                builder.program().tensor(sent).bytes};
  builder.begin_forward("send forward", {sent}, {received});
  builder.communicate("send to next stage", hand_over, {sent}, {received});
  builder.end_block();
  builder.begin_backward("send backward", {sent}, {received});
  builder.communicate("send gradient to previous stage", hand_over, {sent}, {received});
  builder.end_block();
  builder.begin_update("no update");
  builder.end_block();
  builder.end_part();
}

GroupSizes group_sizes_of(const Layout& layout) {
  GroupSizes sizes{};
  const auto set = [&sizes](Axis axis, std::int64_t size) {
    sizes[static_cast<std::size_t>(axis)] = size;
  };
  set(Axis::kTensor, layout.tp);
  set(Axis::kUlysses, layout.ulysses);
  set(Axis::kRing, layout.ring);
  set(Axis::kExpert, layout.ep);
  set(Axis::kExpertTensor, layout.etp);
  set(Axis::kPipeline, layout.pp);
  set(Axis::kShard, layout.dp * layout.cp());
  set(Axis::kUlyssesInNode, layout.ulysses_in_node);
  set(Axis::kUlyssesAcross, layout.ulysses / layout.ulysses_in_node);
  set(Axis::kExpertInNode, layout.ep_in_node);
  set(Axis::kExpertAcross, layout.ep / layout.ep_in_node);
  set(Axis::kExpertShard, layout.expert_data_parallel());
  return sizes;
}

void write_counts(const Job& job, const Layout& layout, Program& program) {
  program.pipeline_stages = layout.pp;
  program.chunks_per_stage = layout.vpp;
  program.micro_batches = job.training.global_batch_size / (layout.dp * layout.micro_batch);
}

}  // namespace

std::int64_t deciding_ring_rank(const Layout& layout) {
  return layout.kv_exchange == KvExchange::kAllGather ? 0 : layout.ring - 1;
}

bool ring_ranks_differ(const Job& job, const Layout& layout) {
  return layout.ring > 1 && layout.ring_order == RingOrder::kContiguous &&
         layout.kv_exchange == KvExchange::kPointToPoint &&
         job.training.mask == AttentionMask::kCausal;
}

void lower(const Job& job, const Layout& layout, Program& program) {
  lower_for(job, layout, deciding_ring_rank(layout), program);
}

void lower_stages(const Job& job, const Layout& layout, Program& program) {
  program.runs.clear();
  program.stages.clear();
  write_counts(job, layout, program);
  write_stages(program, job.model.towers.front(), layout);
}

void lower_for(const Job& job, const Layout& layout, std::int64_t ring_rank, Program& program) {
  program.clear();
  const FrameworkTraits& traits = traits_of(job.framework);
  ProgramBuilder builder(program, traits.adds_weight_gradients
                                      ? std::optional(gradient_type(job.training, traits))
                                      : std::nullopt);
  const Tower& tower = job.model.towers.front();
  const LoweringContext context{
      job, tower, layout, traits, dimensions_of(tower, job.training, layout), ring_rank};
  program.group_sizes = group_sizes_of(layout);
  write_counts(job, layout, program);

  if (job.training.scope == TrainingScope::kAttention) {
    lower_attention_alone(builder, program, context);
    return;
  }
  lower_embedding(builder, context);
  for (const LayerKind& kind : tower.kinds) lower_layer(builder, context, kind);
  lower_loss(builder, context);
  write_stages(program, tower, layout);
  if (layout.pp > 1) {
    program.boundary_part = program.parts.size();
    lower_boundary(builder, context);
  }
}

}  // namespace seqspan::sim
