// A group of parameters of a part that are sharded and reduced together: what they cost in memory,
// and what data x context parallelism sends for them. N = ranks of the shard group (dp x cp; for
// experts their own data parallel group).
//
// Memory per parameter (bytes by FrameworkTraits::state):
//   sharding     parameter   gradient   optimizer
//   none         whole       whole      whole
//   optimizer    whole       whole      1/N        (distributed optimizer, ZeRO 1)
//   gradients    whole       1/N        1/N        (ZeRO 2)
//   parameters   1/N         1/N        1/N        (ZeRO 3, FSDP; gathered while a block uses them;
//                                                  through the whole step under a pipeline)
//
// Where anything is sharded, P is padded to a multiple of N, as all of them pad their flat buffers.
//
// Traffic: none: all-reduce of gradients. optimizer, gradients: reduce-scatter of gradients under
// the last backward and all-gather of parameters under the next forward, or both exposed when
// overlap is off; then all are reduced before any is gathered, with the optimizer in between.
// parameters: all-gather in every forward and backward, reduce-scatter in every
// backward. Sources: Megatron docs/user-guide/features/dist_optimizer.md; ZeRO, arXiv 1910.02054;
// PyTorch fsdp/_fully_shard/_fsdp_collectives.py (flat all-gather output beside the copied-out
// parameters, the next layer's parameters prefetched, the reduce-scatter input held until the next
// one). Under a pipeline parameters stay gathered from the first micro-batch to the last, and whole
// gradients are added up beside them in the type in which they are reduced (torchtitan
// distributed/fsdp.py get_fsdp_reshard_after_forward_policy; PyTorch fsdp/_fully_shard/
// _fsdp_param.py to_accumulated_grad_if_needed).
//
// Offloaded (offload=optimizer), fp32 master, moments and fp32 gradients live in host memory. ZeRO
// with sharded gradients keeps them there in bf16 as well, to add up micro-batches: each copies its
// share to the host and back, the last one also in fp32, all under backward; the GPU keeps none.
// Elsewhere gradients stay on the GPU too, and are copied before the update. The CPU runs Adam and
// bf16 parameters are copied back, one after the other, or with Training::overlap_offload layer by
// layer on streams of their own. Memory of the host is pinned. Sources: DeepSpeed
// runtime/zero/stage3.py (partition_grads, _reassign_or_swap_out_partitioned_parameters);
// Megatron-LM core/optimizer/cpu_offloading/hybrid_optimizer.py; ZeRO-Offload, arXiv 2101.06840,
// section 4.
//
// FP8 (sim/lower/fp8.hpp): TransformerEngine keeps the matrices in FP8 and, where products need
// them, their transposes, a byte per parameter each, and makes them anew in the first micro-batch
// of a step; or the matrices stand in FP8 alone, and only transposes are made. FSDP may gather
// matrices in FP8, cast from the master's shard before (torchao fsdp_utils.py). What is no matrix
// is bf16.
//
// One op stands for the passes over the state once a step: the norm of the gradients and the factor
// that clips them, Adam, and where the framework keeps a buffer of gradients
// (FrameworkTraits::gradient_buffer) its zeroing, the factor 1/N before they are summed, and the
// copy of the master into the parameters, which Adam writes itself elsewhere. Sources: Megatron-LM
// core/distributed/param_and_grad_buffer.py (bucket.grad_data times the scaling factor),
// core/optimizer/clip_grads.py, core/optimizer/distrib_optimizer.py.
#pragma once

#include "sim/lower/dimensions.hpp"
#include "sim/lower/fp8.hpp"

namespace seqspan::sim {

struct WeightNames {
  const char* parameters;
  const char* gradients;
  const char* optimizer_state;
};

class Weights {
 public:
  // `elements` parameters on this rank before sharding; none makes a group that does nothing.
  // `in_fp8` of them are matrices whose products are in FP8.
  Weights(ProgramBuilder& builder, const LoweringContext& context, const WeightNames& names,
          std::int64_t elements, Axis axis, std::int64_t in_fp8 = 0);

  // Before a block's ops; `trigger` is what the gather must wait for (the block before started).
  void before_forward(ProgramBuilder& builder, Operands trigger) const;
  void before_backward(ProgramBuilder& builder, Operands trigger) const;
  // After a backward block's ops.
  void after_backward(ProgramBuilder& builder) const;
  void update(ProgramBuilder& builder) const;

  // What compute ops read, and what weight gradient ops add to.
  [[nodiscard]] TensorId parameters() const { return fully_sharded_ ? gathered_ : standing_; }
  // What linear layers multiply: the FP8 copies where there are any.
  [[nodiscard]] TensorId in_products() const {
    return has_fp8_copies_ ? fp8_copies_ : parameters();
  }
  [[nodiscard]] TensorId gradients() const {
    return gathers_gradients() ? unsharded_gradient_ : gradient_;
  }

 private:
  void place_in_memory(Program& program, bool frees_gradients) const;
  void gather(ProgramBuilder& builder, Operands trigger) const;
  void make_fp8_copies(ProgramBuilder& builder, const Fp8Use& fp8, std::int64_t numbers);
  void copy_to_fp8(ProgramBuilder& builder) const;
  void scale(ProgramBuilder& builder, When when) const;
  void reduce(ProgramBuilder& builder, When when) const;
  void gather_updated(ProgramBuilder& builder, When when) const;
  void copy_gradients_to_host(ProgramBuilder& builder) const;
  void update_on_host(ProgramBuilder& builder) const;
  [[nodiscard]] bool gathers_gradients() const { return sharding_ >= Sharding::kGradients; }

  std::int64_t elements_;
  std::int64_t shards_;  // N
  Axis axis_;
  Sharding sharding_;
  bool fully_sharded_;
  bool stays_gathered_;  // from the first micro-batch to the last
  bool overlaps_reduction_;
  bool overlaps_gather_;
  bool gradient_buffer_;  // whole, for the step
  bool offloads_;         // the optimizer, to the host
  bool overlaps_offload_;
  bool gradients_leave_;  // offloaded as they are reduced: none stand on the GPU
  Bytes update_bytes_;    // of the GPU's passes
  Bytes host_bytes_;      // of the host's
  Bytes float_bytes_;     // of this rank's share in fp32; in bf16: half
  TensorId host_state_{};
  TensorId host_gradient_{};
  TensorId host_sum_{};
  bool has_fp8_copies_ = false;
  const char* fp8_copy_op_ = "";
  Bytes fp8_copy_bytes_;
  TensorId standing_{};
  TensorId gradient_{};
  TensorId fp8_copies_{};
  TensorId flat_{};
  TensorId gathered_{};
  TensorId prefetched_{};
  TensorId unsharded_gradient_{};
  TensorId summed_gradient_{};  // whole, over micro-batches
  TensorId reduce_input_{};
};

}  // namespace seqspan::sim
