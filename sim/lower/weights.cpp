#include "sim/lower/weights.hpp"

#include "sim/formula/numbers.hpp"
#include "sim/lower/gradient_type.hpp"

namespace seqspan::sim {

Weights::Weights(ProgramBuilder& builder, const LoweringContext& context, const WeightNames& names,
                 std::int64_t elements, Axis axis, std::int64_t in_fp8)
    : elements_(elements),
      shards_(axis == Axis::kExpertShard ? context.layout.expert_data_parallel()
                                         : context.layout.dp * context.layout.cp()),
      axis_(axis),
      sharding_(shards_ > 1 || context.layout.sharding == Sharding::kParameters
                    ? context.layout.sharding
                    : Sharding::kNone),
      fully_sharded_(sharding_ == Sharding::kParameters),
      stays_gathered_(fully_sharded_ && context.layout.pp > 1),
      overlaps_reduction_(context.job.training.overlap_gradient_reduction),
      overlaps_gather_(context.job.training.overlap_parameter_gather),
      gradient_buffer_(context.traits.gradient_buffer && !gathers_gradients()),
      offloads_(context.layout.offloads_optimizer()),
      overlaps_offload_(context.job.training.overlap_offload.value_or(false)),
      gradients_leave_(offloads_ && gathers_gradients()) {
  if (elements == 0) return;
  const StateBytes& state = context.traits.state;
  const Extent shard{"P/N", divide_up(elements, shards_)};
  const Extent whole{"P", sharding_ == Sharding::kNone ? elements : shard.value * shards_};
  const Extent parameter_extent = fully_sharded_ ? shard : whole;
  const Extent gradient_extent = gathers_gradients() ? shard : whole;
  const Extent optimizer_extent = sharding_ == Sharding::kNone ? whole : shard;
  const Extent words{"words", state.optimizer_words};
  const DataType summed = gradient_type(context.job.training, context.traits);
  const Fp8Use fp8 = fp8_use_of(context.job, context.traits);
  // In FP8 a matrix is one byte a number, and what is not a matrix two.
  const auto mixed = [in_fp8](std::int64_t numbers) {
    return Extent{"P + norms", 2 * numbers - in_fp8};
  };
  const bool stands_in_fp8 = fp8.stores_weights && in_fp8 > 0;
  const DataType parameter = stands_in_fp8 ? DataType::kFloat8 : state.parameter;
  standing_ = builder.standing(names.parameters, Role::kParameter, parameter,
                               {stands_in_fp8 ? mixed(whole.value) : parameter_extent});
  gradient_ = gradients_leave_
                  ? builder.activation("reduced gradients", summed, {gradient_extent})
                  : builder.standing(names.gradients, Role::kGradient, summed, {gradient_extent});
  if (offloads_) {
    host_state_ = builder.standing_on_host(names.optimizer_state, Role::kOptimizerState,
                                           DataType::kFloat32, {words, optimizer_extent});
    host_gradient_ = builder.standing_on_host("gradients on the host", Role::kGradient,
                                              DataType::kFloat32, {optimizer_extent});
    if (gradients_leave_) {
      host_sum_ = builder.standing_on_host("gradients of all micro-batches on the host",
                                           Role::kGradient, summed, {optimizer_extent});
    }
  } else {
    builder.standing(names.optimizer_state, Role::kOptimizerState, DataType::kFloat32,
                     {words, optimizer_extent});
  }
  if (fp8.keeps_casts && in_fp8 > 0) make_fp8_copies(builder, fp8, in_fp8);
  const bool gathers_fp8 = fp8.gathers_weights && in_fp8 > 0;
  const DataType gathered_type = gathers_fp8 ? DataType::kFloat8 : DataType::kBFloat16;
  const Extent gathered =
      gathers_fp8 ? Extent{"P + norms", divide_up(mixed(elements).value, shards_) * shards_}
                  : whole;
  const DataType reduced =
      context.job.training.bf16_gradient_reduction ? DataType::kBFloat16 : summed;
  if (stays_gathered_) {
    gathered_ =
        builder.standing("gathered parameters", Role::kParameter, gathered_type, {gathered});
    summed_gradient_ =
        builder.standing("gradients of all micro-batches", Role::kGradient, reduced, {whole});
  } else if (fully_sharded_) {
    flat_ = builder.activation("flat all-gather output", gathered_type, {gathered});
    gathered_ = builder.held("gathered parameters", gathered_type, {gathered});
    prefetched_ = builder.held("next layer's gathered parameters", gathered_type, {gathered});
  }
  if (gathers_gradients()) {
    unsharded_gradient_ = builder.bfloat16("gradients before reduction", {whole});
    reduce_input_ = builder.held("reduce-scatter input", reduced, {whole});
  }
  place_in_memory(builder.program(), context.traits.frees_gradients);
  // The norm reads the gradient, clipping reads and writes it; Adam reads it, reads and writes its
  // fp32 words, and writes the parameter. With a buffer: the master is read again and the buffer
  // written with zeros. Operation by operation, two moments are scaled (2 x 2 words) and added to
  // (2 x 3), of the second the root is taken, divided and eps added (3 x 2), and the step adds up
  // parameter, first moment and that (4): 20 words, and a master's copy (torch.optim.Adam's
  // for-loop; composer/optim/decoupled_weight_decay.py).
  const std::int64_t word = bytes_per_element(DataType::kFloat32);
  // Of a buffer in bf16 an fp32 copy is made first, which is then clipped and applied.
  const std::int64_t buffered_gradient = bytes_per_element(summed);
  const bool widens = gradient_buffer_ && buffered_gradient < word;
  const std::int64_t gradient = widens ? word : buffered_gradient;
  const std::int64_t adam = 2 * word * state.optimizer_words + bytes_per_element(parameter);
  const std::int64_t widening = widens ? buffered_gradient + word : 0;
  const std::int64_t clipping = gradients_leave_ ? 0 : widening + 3 * gradient;
  const std::int64_t copied = state.optimizer_words > 2 ? word + bytes_per_element(parameter) : 0;
  const std::int64_t step =
      context.job.training.fused_optimizer ? gradient + adam : 20 * word + copied;
  const std::int64_t updated = optimizer_extent.value * (offloads_ ? clipping : clipping + step);
  const std::int64_t buffered =
      gradient_buffer_ ? optimizer_extent.value * word + whole.value * buffered_gradient : 0;
  update_bytes_ = Bytes(updated + buffered);
  // Adam reads the fp32 gradient as well, and the master is read again to be rounded.
  float_bytes_ = Bytes(optimizer_extent.value * word);
  host_bytes_ = Bytes(optimizer_extent.value * (2 * word + adam));
}

// FSDP2 gathers into memory of its copy-in stream, where the next layer's is gathered meanwhile,
// and copies out into that of compute; a reduction's output, the gradient, is of its own stream
// (PyTorch torch/distributed/fsdp/_fully_shard/_fsdp_collectives.py foreach_all_gather,
// foreach_reduce: current streams where tensors are made). ZeRO-3 likewise has streams of its own
// (deepspeed/runtime/zero/partition_parameters.py, stage3.py).
void Weights::place_in_memory(Program& program, bool frees_gradients) const {
  const auto at = [&](TensorId id) -> Tensor& { return program.tensors[index_of(id)]; };
  if (stays_gathered_) {
    at(gathered_).within_step = shards_ > 1;
    at(summed_gradient_).within_step = true;
  } else if (fully_sharded_) {
    at(flat_).pool = MemoryPool::kGather;
    at(prefetched_).pool = MemoryPool::kGather;
  }
  if (gathers_gradients() && shards_ > 1) at(gradient_).pool = MemoryPool::kReduce;
  if (!gradients_leave_) at(gradient_).within_step = frees_gradients;
}

void Weights::gather(ProgramBuilder& builder, Operands trigger) const {
  const Bytes bytes = builder.program().tensor(gathered_).bytes;
  if (stays_gathered_) {
    if (shards_ == 1) return;
    builder.communicate("all-gather parameters", {Collective::kAllGather, axis_, bytes},
                        {standing_}, {gathered_}, When::kFirstMicroBatch);
    return;
  }
  Operands reads = trigger;
  reads.push_back(standing_);
  if (shards_ > 1) {
    builder.communicate("all-gather parameters", {Collective::kAllGather, axis_, bytes}, reads,
                        {flat_});
  } else {
    builder.memory_pass("cast parameters", reads, {flat_});
  }
  builder.memory_pass("copy out parameters", {flat_}, {gathered_, prefetched_});
}

void Weights::gather_updated(ProgramBuilder& builder, When when) const {
  if (shards_ == 1 || sharding_ == Sharding::kNone || fully_sharded_) return;
  builder.communicate("all-gather updated parameters",
                      {Collective::kAllGather, axis_, builder.program().tensor(standing_).bytes},
                      {}, {standing_}, when);
}

void Weights::make_fp8_copies(ProgramBuilder& builder, const Fp8Use& fp8, std::int64_t numbers) {
  const std::int64_t copies = (fp8.stores_weights ? 0 : 1) + (fp8.transposes ? 1 : 0);
  if (copies == 0) return;
  has_fp8_copies_ = true;
  const char* name = "FP8 weights and their transposes";
  fp8_copy_op_ = "cast weights to FP8, and transpose";
  std::int64_t reads = fp8.looks_first ? 4 : 2;
  if (fp8.stores_weights) {
    name = "transposed FP8 weights";
    fp8_copy_op_ = "transpose FP8 weights";
    reads = 1;
  } else if (!fp8.transposes) {
    name = "FP8 weights";
    fp8_copy_op_ = "cast weights to FP8";
  }
  fp8_copies_ = builder.standing(name, Role::kParameter, DataType::kFloat8,
                                 {Extent{copies == 2 ? "2" : "1", copies}, Extent{"P", numbers}});
  fp8_copy_bytes_ = Bytes((reads + copies) * numbers);
}

void Weights::copy_to_fp8(ProgramBuilder& builder) const {
  if (!has_fp8_copies_) return;
  builder.memory_pass(fp8_copy_op_, fp8_copy_bytes_, {parameters()}, {fp8_copies_},
                      When::kFirstMicroBatch);
}

void Weights::before_forward(ProgramBuilder& builder, Operands trigger) const {
  if (elements_ == 0) return;
  if (fully_sharded_) {
    gather(builder, trigger);
  } else if (overlaps_gather_) {
    gather_updated(builder, When::kFirstMicroBatch);
  }
  copy_to_fp8(builder);
}

void Weights::before_backward(ProgramBuilder& builder, Operands trigger) const {
  if (elements_ > 0 && fully_sharded_ && !stays_gathered_) gather(builder, trigger);
}

void Weights::scale(ProgramBuilder& builder, When when) const {
  if (shards_ == 1 || !gradient_buffer_) return;
  builder.memory_pass("scale gradients", {gradient_}, {gradient_}, when);
}

void Weights::reduce(ProgramBuilder& builder, When when) const {
  if (shards_ == 1) return;
  const TensorId from = gathers_gradients() ? reduce_input_ : gradient_;
  Operands reads{from};
  // All are reduced before any is updated: nothing runs beside the reduction of the next layer.
  if (!gathers_gradients() && !overlaps_reduction_) reads.push_back(standing_);
  const Collective collective =
      sharding_ == Sharding::kNone ? Collective::kAllReduce : Collective::kReduceScatter;
  builder.communicate(
      sharding_ == Sharding::kNone ? "all-reduce gradients" : "reduce-scatter gradients",
      {collective, axis_, builder.program().tensor(from).bytes}, reads, {gradient_}, when);
}

void Weights::after_backward(ProgramBuilder& builder) const {
  if (elements_ == 0) return;
  if (gathers_gradients()) {
    const TensorId cast = shards_ > 1 ? reduce_input_ : gradient_;
    if (stays_gathered_) {
      const Bytes sum = builder.program().tensor(summed_gradient_).bytes;
      const Bytes part = builder.program().tensor(unsharded_gradient_).bytes;
      builder.memory_pass("add gradients", 2 * sum + part, {unsharded_gradient_, summed_gradient_},
                          {summed_gradient_});
      builder.memory_pass("copy gradients", {summed_gradient_}, {cast}, When::kLastMicroBatch);
      reduce(builder, When::kLastMicroBatch);
    } else {
      builder.memory_pass("cast gradients", {unsharded_gradient_}, {cast});
      reduce(builder, When::kEvery);
    }
    if (gradients_leave_) copy_gradients_to_host(builder);
  } else if (overlaps_reduction_) {
    scale(builder, When::kLastMicroBatch);
    reduce(builder, When::kLastMicroBatch);
  }
}

void Weights::copy_gradients_to_host(ProgramBuilder& builder) const {
  const Bytes bytes = builder.program().tensor(host_sum_).bytes;
  builder.host_copy("copy summed gradients from host", {bytes, false, true}, false,
                    {gradient_, host_sum_}, {gradient_});
  builder.host_copy("copy summed gradients to host", {bytes, true, true}, false, {gradient_},
                    {host_sum_});
  builder.host_copy("copy gradients to host", {float_bytes_, true, true}, false, {gradient_},
                    {host_gradient_}, When::kLastMicroBatch);
}

void Weights::update_on_host(ProgramBuilder& builder) const {
  const bool blocking = !overlaps_offload_;
  if (!gradients_leave_) {
    builder.memory_pass("clip gradients", update_bytes_, {gradient_}, {gradient_});
    builder.host_copy("copy gradients to host", {float_bytes_, true, true}, blocking, {gradient_},
                      {host_gradient_});
  }
  builder.host_pass("optimizer on the host", host_bytes_, blocking, {host_gradient_},
                    {host_state_});
  builder.host_copy("copy parameters from host", {float_bytes_ / 2, false, true}, blocking,
                    {host_state_}, {standing_});
}

void Weights::update(ProgramBuilder& builder) const {
  if (elements_ == 0) return;
  if (!gathers_gradients() && !overlaps_reduction_) {
    scale(builder, When::kEvery);
    reduce(builder, When::kEvery);
  }
  if (offloads_) {
    update_on_host(builder);
  } else {
    builder.memory_pass("optimizer", update_bytes_, {gradient_}, {standing_});
  }
  if (!overlaps_gather_) gather_updated(builder, When::kEvery);
}

}  // namespace seqspan::sim
