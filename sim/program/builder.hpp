// Writes a Program, part by part and block by block. The lowering's only way to add ops.
//
#pragma once

#include <optional>

#include "sim/program/program.hpp"

namespace seqspan::sim {

class ProgramBuilder {
 public:
  // Products of weight gradients are added in place to gradients of type `summed_in`, or written in
  // bf16.
  explicit ProgramBuilder(Program& program, std::optional<DataType> summed_in = DataType::kFloat32)
      : program_(program), summed_in_(summed_in) {}

  [[nodiscard]] Program& program() { return program_; }

  // Tensors of the current part.
  TensorId activation(const char* name, DataType type, const Shape& shape);
  TensorId bfloat16(const char* name, const Shape& shape) {
    return activation(name, DataType::kBFloat16, shape);
  }
  TensorId float32(const char* name, const Shape& shape) {
    return activation(name, DataType::kFloat32, shape);
  }
  // Held until the block that writes it ends.
  TensorId held(const char* name, DataType type, const Shape& shape);
  // One copy per iteration of the loop that writes it, kept until the last use after the loop.
  TensorId kept_per_iteration(const char* name, DataType type, const Shape& shape);
  // Parameters, gradients and optimizer state: alive for the whole step.
  TensorId standing(const char* name, Role role, DataType type, const Shape& shape);
  // Likewise, but one for all layers of a stage that have one of this shape.
  TensorId shared_by_layers(const char* name, Role role, DataType type, const Shape& shape);

  // The same in the memory of the host; an activation lives from block to block there as well.
  TensorId activation_on_host(const char* name, DataType type, const Shape& shape);
  TensorId standing_on_host(const char* name, Role role, DataType type, const Shape& shape);

  void begin_part(const char* name, PartKind kind = PartKind::kLayer);
  void end_part();

  // A block's role in its part follows from which of these opened it.
  void begin_forward(const char* name, const Operands& inputs, const Operands& outputs);
  void begin_backward(const char* name, const Operands& inputs, const Operands& outputs);
  void begin_update(const char* name);
  void end_block();

  // Ops inside are marked as recomputation until backward ops begin.
  void set_pass(Pass pass) { pass_ = pass; }
  [[nodiscard]] Pass pass() const { return pass_; }

  void gemm(const char* name, Gemm work, const Operands& reads, const Operands& writes);
  // The product that makes the gradients of weights.
  void weight_gradient(const char* name, Gemm work, const Operands& reads, const Operands& writes);
  void attention(const char* name, AttentionWork work, const Operands& reads,
                 const Operands& writes);
  // Reads and writes every named tensor once.
  void memory_pass(const char* name, const Operands& reads, const Operands& writes,
                   When when = When::kEvery);
  // A pass whose traffic is not the sum of its tensors.
  void memory_pass(const char* name, Bytes bytes, const Operands& reads, const Operands& writes,
                   When when = When::kEvery);
  void communicate(const char* name, Communication work, const Operands& reads,
                   const Operands& writes, When when = When::kEvery);

  // Copies what `reads` names between the GPU and the host. On a stream of copies, or with
  // `blocking` on that of compute, from and to memory that is not pinned.
  void host_copy(const char* name, HostCopy work, bool blocking, const Operands& reads,
                 const Operands& writes, When when = When::kEvery);
  // What the CPU does; `blocking`: the GPU has nothing to do meanwhile.
  void host_pass(const char* name, Bytes bytes, bool blocking, const Operands& reads,
                 const Operands& writes);

  // Loops do not nest. At most two carries.
  void begin_loop(std::int64_t times, std::initializer_list<Carry> carries);
  void end_loop();

 private:
  void begin_block(const char* name, Pass pass, BlockIndex Part::*slot, const Operands& inputs,
                   const Operands& outputs);
  TensorId add(const char* name, Role role, Span span, DataType type, const Shape& shape);
  void add(const char* name, Stream stream, const Work& work, const Operands& reads,
           const Operands& writes, When when);

  Program& program_;
  std::optional<DataType> summed_in_;
  Pass pass_ = Pass::kForward;
};

}  // namespace seqspan::sim
