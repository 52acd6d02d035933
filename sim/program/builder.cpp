#include "sim/program/builder.hpp"

namespace seqspan::sim {
namespace {

Stream stream_of(const Communication& work) {
  switch (work.axis) {
    case Axis::kTensor:
      return Stream::kTensor;
    case Axis::kUlysses:
    case Axis::kUlyssesInNode:
    case Axis::kUlyssesAcross:
    case Axis::kRing:
      return Stream::kContext;
    case Axis::kExpert:
    case Axis::kExpertInNode:
    case Axis::kExpertAcross:
    case Axis::kExpertTensor:
      return Stream::kExpert;
    case Axis::kPipeline:
      return Stream::kPipeline;
    case Axis::kShard:
    case Axis::kExpertShard:
      return work.collective == Collective::kAllGather ? Stream::kGather : Stream::kReduce;
  }
  return Stream::kCompute;
}

}  // namespace

// Written in place: this is called for every tensor of every layout that is planned.
TensorId ProgramBuilder::add(const char* name, Role role, Span span, DataType type,
                             const Shape& shape) {
  // The shape may be that of a tensor of this program: a vector that grows constructs the new
  // element before it moves the others.
  program_.tensors.emplace_back(name, role, span, false, type, shape,
                                bytes_of(Plain{}, shape, type), false, false);
  return static_cast<TensorId>(program_.tensors.size() - 1);
}

TensorId ProgramBuilder::activation(const char* name, DataType type, const Shape& shape) {
  return add(name, Role::kActivation, Span::kUse, type, shape);
}

TensorId ProgramBuilder::held(const char* name, DataType type, const Shape& shape) {
  return add(name, Role::kActivation, Span::kBlock, type, shape);
}

TensorId ProgramBuilder::kept_per_iteration(const char* name, DataType type, const Shape& shape) {
  const TensorId id = activation(name, type, shape);
  program_.tensors.back().kept_per_iteration = true;
  return id;
}

TensorId ProgramBuilder::standing(const char* name, Role role, DataType type, const Shape& shape) {
  return add(name, role, Span::kStep, type, shape);
}

TensorId ProgramBuilder::shared_by_layers(const char* name, Role role, DataType type,
                                          const Shape& shape) {
  const TensorId id = standing(name, role, type, shape);
  program_.tensors.back().shared_by_layers = true;
  return id;
}

TensorId ProgramBuilder::activation_on_host(const char* name, DataType type, const Shape& shape) {
  const TensorId id = activation(name, type, shape);
  program_.tensors.back().on_host = true;
  return id;
}

TensorId ProgramBuilder::standing_on_host(const char* name, Role role, DataType type,
                                          const Shape& shape) {
  const TensorId id = standing(name, role, type, shape);
  program_.tensors.back().on_host = true;
  return id;
}

void ProgramBuilder::begin_part(const char* name, PartKind kind) {
  Part part;
  part.name = name;
  part.kind = kind;
  part.first_tensor = program_.tensors.size();
  program_.parts.push_back(part);
}

void ProgramBuilder::end_part() {
  Part& part = program_.parts.back();
  part.tensor_count = program_.tensors.size() - part.first_tensor;
}

void ProgramBuilder::begin_block(const char* name, Pass pass, BlockIndex Part::*slot,
                                 const Operands& inputs, const Operands& outputs) {
  program_.parts.back().*slot = program_.blocks.size();
  Block block;
  block.name = name;
  block.first_op = program_.ops.size();
  block.first_loop = program_.loops.size();
  block.inputs = inputs;
  block.outputs = outputs;
  program_.blocks.push_back(block);
  pass_ = pass;
}

void ProgramBuilder::begin_forward(const char* name, const Operands& inputs,
                                   const Operands& outputs) {
  begin_block(name, Pass::kForward, &Part::forward, inputs, outputs);
}

void ProgramBuilder::begin_backward(const char* name, const Operands& inputs,
                                    const Operands& outputs) {
  begin_block(name, Pass::kBackward, &Part::backward, inputs, outputs);
}

void ProgramBuilder::begin_update(const char* name) {
  begin_block(name, Pass::kUpdate, &Part::update, {}, {});
}

void ProgramBuilder::end_block() {
  Block& block = program_.blocks.back();
  block.op_count = program_.ops.size() - block.first_op;
  block.loop_count = program_.loops.size() - block.first_loop;
}

void ProgramBuilder::add(const char* name, Stream stream, const Work& work, const Operands& reads,
                         const Operands& writes, When when) {
  program_.ops.emplace_back(name, stream, pass_, when, work, reads, writes);
}

void ProgramBuilder::gemm(const char* name, Gemm work, const Operands& reads,
                          const Operands& writes) {
  add(name, Stream::kCompute, work, reads, writes, When::kEvery);
}

void ProgramBuilder::weight_gradient(const char* name, Gemm work, const Operands& reads,
                                     const Operands& writes) {
  work.weight_gradient = summed_in_.has_value();
  work.sum = summed_in_.value_or(DataType::kBFloat16);
  gemm(name, work, reads, writes);
}

void ProgramBuilder::attention(const char* name, AttentionWork work, const Operands& reads,
                               const Operands& writes) {
  add(name, Stream::kCompute, work, reads, writes, When::kEvery);
}

void ProgramBuilder::memory_pass(const char* name, const Operands& reads, const Operands& writes,
                                 When when) {
  Bytes bytes;
  for (const TensorId id : reads) bytes += program_.tensor(id).bytes;
  for (const TensorId id : writes) bytes += program_.tensor(id).bytes;
  memory_pass(name, bytes, reads, writes, when);
}

void ProgramBuilder::memory_pass(const char* name, Bytes bytes, const Operands& reads,
                                 const Operands& writes, When when) {
  add(name, Stream::kCompute, MemoryPass{bytes}, reads, writes, when);
}

void ProgramBuilder::communicate(const char* name, Communication work, const Operands& reads,
                                 const Operands& writes, When when) {
  add(name, stream_of(work), work, reads, writes, when);
}

void ProgramBuilder::host_copy(const char* name, HostCopy work, bool blocking,
                               const Operands& reads, const Operands& writes, When when) {
  const Stream own = work.to_host ? Stream::kToHost : Stream::kFromHost;
  add(name, blocking ? Stream::kCompute : own, work, reads, writes, when);
}

void ProgramBuilder::host_pass(const char* name, Bytes bytes, bool blocking, const Operands& reads,
                               const Operands& writes) {
  add(name, blocking ? Stream::kCompute : Stream::kHost, HostPass{bytes}, reads, writes,
      When::kEvery);
}

void ProgramBuilder::begin_loop(std::int64_t times, std::initializer_list<Carry> carries) {
  Loop loop;
  loop.first = program_.ops.size();
  loop.times = times;
  for (const Carry& carry : carries) loop.carries[loop.carry_count++] = carry;
  program_.loops.push_back(loop);
}

void ProgramBuilder::end_loop() {
  Loop& loop = program_.loops.back();
  loop.count = program_.ops.size() - loop.first;
}

}  // namespace seqspan::sim
