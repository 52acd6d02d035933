#include "sim/engine/step_memory.hpp"

#include <algorithm>

#include "sim/engine/pipeline_time.hpp"

namespace seqspan::sim {
namespace {

constexpr std::size_t index_of(MemoryRole role) { return static_cast<std::size_t>(role); }

SharedTensor shared_of(const Tensor& tensor) {
  SharedTensor shared{{}, tensor.bytes, tensor.role, tensor.data_type};
  for (std::size_t i = 0; i < tensor.shape.rank; ++i) {
    shared.extents[i] = tensor.shape.extents[i].value;
  }
  return shared;
}

PartStanding standing_of(const Program& program, const Part& part) {
  PartStanding standing;
  standing.kind = part.kind;
  for (std::size_t i = 0; i < part.tensor_count; ++i) {
    const Tensor& tensor = program.tensors[part.first_tensor + i];
    if (tensor.shared_by_layers) standing.shared[standing.shared_count++] = shared_of(tensor);
    if (tensor.shared_by_layers || tensor.role == Role::kActivation) continue;
    MemoryByRole& bytes = tensor.on_host ? standing.on_host : standing.on_gpu;
    bytes[index_of(memory_role(tensor.role))] += tensor.bytes;
  }
  return standing;
}

}  // namespace

const char* name_of(MemoryRole role) {
  switch (role) {
    case MemoryRole::kParameters:
      return "parameters";
    case MemoryRole::kGradients:
      return "gradients";
    case MemoryRole::kOptimizerState:
      return "optimizer_state";
    case MemoryRole::kSavedActivations:
      return "saved_activations";
    case MemoryRole::kTransient:
      return "transient";
    case MemoryRole::kCommunicationBuffers:
      return "communication_buffers";
    case MemoryRole::kRuntime:
      return "runtime";
  }
  return "";
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

namespace {

std::int64_t per_chunk_of(PartKind kind, std::int64_t count, std::int64_t chunks) {
  return kind != PartKind::kLayer ? count : (count + chunks - 1) / chunks;
}

}  // namespace

std::int64_t instances_per_chunk(const Program& program, const PartRun& run) {
  return per_chunk_of(program.parts[run.part].kind, run.count, program.chunks_per_stage);
}

std::int64_t StepMemoryReader::per_chunk(const PartRun& run) const {
  return per_chunk_of(standing_[run.part].kind, run.count, program_->chunks_per_stage);
}

void StepMemoryReader::read_blocks(const Program& program) {
  parts_.clear();
  for (const Part& part : program.parts) parts_.push_back(blocks_.read(program, part));
}

void StepMemoryReader::read_standing(const Program& program) {
  standing_.clear();
  for (const Part& part : program.parts) standing_.push_back(standing_of(program, part));
}

void StepMemoryReader::begin_stages(const Program& program, Bytes communication_buffers,
                                    Bytes runtime) {
  program_ = &program;
  communication_buffers_ = communication_buffers;
  runtime_ = runtime;
}

void StepMemoryReader::begin(const Program& program, Bytes communication_buffers, Bytes runtime) {
  read_blocks(program);
  read_standing(program);
  begin_stages(program, communication_buffers, runtime);
}

void StepMemoryReader::add_shared(const StageClass& stage_class, MemoryByRole& by_role) const {
  const auto shared_by = [&](std::size_t run) {
    const PartStanding& part = standing_[program_->runs[run].part];
    return std::span(part.shared.data(), part.shared_count);
  };
  const auto has = [&](std::size_t run, const SharedTensor& tensor) {
    const auto shared = shared_by(run);
    return std::find(shared.begin(), shared.end(), tensor) != shared.end();
  };
  const std::size_t end = stage_class.first_run + stage_class.run_count;
  for (std::size_t run = stage_class.first_run; run < end; ++run) {
    for (const SharedTensor& tensor : shared_by(run)) {
      bool counted = false;
      for (std::size_t r = stage_class.first_run; r < run && !counted; ++r)
        counted = has(r, tensor);
      if (!counted) by_role[index_of(memory_role(tensor.role))] += tensor.bytes;
    }
  }
}

MemoryByRole StepMemoryReader::standing(const StageClass& stage_class) const {
  MemoryByRole by_role{};
  for (std::size_t r = 0; r < stage_class.run_count; ++r) {
    const PartRun& run = program_->runs[stage_class.first_run + r];
    for (std::size_t role = 0; role < kMemoryRoleCount; ++role) {
      by_role[role] += standing_[run.part].on_gpu[role] * run.count;
    }
  }
  add_shared(stage_class, by_role);
  return by_role;
}

Bytes StepMemoryReader::standing() const {
  Bytes most;
  for (const StageClass& stage_class : program_->stages) {
    Bytes bytes;
    for (const Bytes of_role : standing(stage_class)) bytes += of_role;
    most = std::max(most, bytes);
  }
  return most;
}

StageMemory StepMemoryReader::read(const StageClass& stage_class, std::int64_t index) const {
  StageMemory result;
  result.stage = index;
  result.by_role = standing(stage_class);
  const std::int64_t chunks = program_->chunks_per_stage;
  Bytes saved_per_chunk;
  for (std::size_t r = 0; r < stage_class.run_count; ++r) {
    const PartRun& run = program_->runs[stage_class.first_run + r];
    if (standing_[run.part].kind != PartKind::kLoss) {
      saved_per_chunk += parts_[run.part].saved * per_chunk(run);
    }
  }

  const std::int64_t in_flight =
      chunks_in_flight(program_->pipeline_stages, index, program_->micro_batches, chunks);
  const Bytes waiting = saved_per_chunk * (in_flight - 1);

  // The highest point of one more micro-batch through this chunk.
  Bytes highest;
  Bytes saved_below;
  const auto consider = [&](const BlockPeak& peak, Bytes base, std::size_t run,
                            std::int64_t instance, bool backward) {
    if (base + peak.bytes <= highest) return;
    highest = base + peak.bytes;
    result.moment = {stage_class.first_run + run, instance, backward, peak.op};
  };
  for (std::size_t r = 0; r < stage_class.run_count; ++r) {
    const PartRun& run = program_->runs[stage_class.first_run + r];
    const PartMemory& part = parts_[run.part];
    const std::int64_t count = per_chunk(run);
    // The last of equal parts stands highest; its backward starts with all of them saved.
    const Bytes base = saved_below + part.saved * (count - 1);
    consider(part.forward, base, r, run.count - 1, false);
    consider(part.backward, base, r, run.count - 1, true);
    saved_below += part.saved * count;
  }

  const StageMemory standing = result;
  Bytes standing_bytes;
  for (const Bytes bytes : standing.by_role) standing_bytes += bytes;
  // What is saved at the peak: the waiting micro-batches, the parts below, and this part's own.
  Bytes saved = waiting;
  for (std::size_t r = 0; r < stage_class.run_count; ++r) {
    const PartRun& run = program_->runs[stage_class.first_run + r];
    const std::int64_t count = per_chunk(run);
    const std::size_t here = stage_class.first_run + r;
    if (here < result.moment.run) saved += parts_[run.part].saved * count;
    if (here == result.moment.run) {
      saved += parts_[run.part].saved * (result.moment.backward ? count : count - 1);
    }
  }
  result.by_role[index_of(MemoryRole::kSavedActivations)] = saved;
  result.by_role[index_of(MemoryRole::kTransient)] = waiting + highest - saved;
  result.by_role[index_of(MemoryRole::kCommunicationBuffers)] = communication_buffers_;
  result.by_role[index_of(MemoryRole::kRuntime)] = runtime_;
  result.peak = standing_bytes + waiting + highest + communication_buffers_ + runtime_;
  return result;
}

StageMemory StepMemoryReader::peak() const {
  StageMemory highest;
  for (const StageClass& stage_class : program_->stages) {
    // The first of equal stages holds the most micro-batches.
    const StageMemory stage = read(stage_class, stage_class.first_stage);
    if (stage.peak > highest.peak) highest = stage;
  }
  return highest;
}

HostMemory StepMemoryReader::on_host(const StageClass& stage_class, std::int64_t index) const {
  HostMemory host;
  Bytes saved;
  for (std::size_t r = 0; r < stage_class.run_count; ++r) {
    const PartRun& run = program_->runs[stage_class.first_run + r];
    for (std::size_t role = 0; role < kMemoryRoleCount; ++role) {
      host.by_role[role] += standing_[run.part].on_host[role] * run.count;
    }
    saved += parts_[run.part].saved_on_host * per_chunk(run);
  }
  host.by_role[index_of(MemoryRole::kSavedActivations)] =
      saved * chunks_in_flight(program_->pipeline_stages, index, program_->micro_batches,
                               program_->chunks_per_stage);
  for (const Bytes bytes : host.by_role) host.bytes += bytes;
  return host;
}

HostMemory StepMemoryReader::on_host() const {
  HostMemory most;
  for (const StageClass& stage_class : program_->stages) {
    // The first of equal stages holds the most micro-batches.
    const HostMemory stage = on_host(stage_class, stage_class.first_stage);
    if (stage.bytes > most.bytes) most = stage;
  }
  return most;
}

StageMemory StepMemoryReader::stage(std::int64_t index) const {
  for (const StageClass& stage_class : program_->stages) {
    if (index < stage_class.first_stage + stage_class.count) return read(stage_class, index);
  }
  return {};
}

}  // namespace seqspan::sim
