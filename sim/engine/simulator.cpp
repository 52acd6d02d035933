#include "sim/engine/simulator.hpp"

#include <algorithm>

#include "sim/engine/least_step.hpp"
#include "sim/engine/op_times.hpp"
#include "sim/lower/kernels.hpp"
#include "sim/lower/lower.hpp"

namespace seqspan::sim {

Simulator::Simulator(const Job& job, const ReadingCounts& counts)
    : job_(job), counts_(counts), network_(job.cluster) {
  if (job.training.documents) documents_.emplace(job);
}

// Attention alone is one part of its own, and quickly read.
bool Simulator::remembers() const {
  return counts_.parts > 0 && job_.training.scope == TrainingScope::kStep;
}

void Simulator::prepare(const Layout& layout) {
  bounded_.reset();
  is_close_ = false;
  if (layout_) layout_->vpp = layout.vpp;
  const bool is_known = layout_ == layout;
  layout_ = layout;
  if (job_.training.scope == TrainingScope::kStep) lower_stages(job_, layout, program_);
  if (is_known) return;
  network_.place(layout);
  lowered_ = false;
  memory_read_ = false;
  program_memory_read_ = false;
  durations_read_ = false;
  stages_read_ = false;
  blocks_ = {};
}

void Simulator::lower_parts() {
  if (lowered_) return;
  lower(job_, *layout_, program_);
  if (documents_) documents_->write_mean_load(*layout_, program_);
  lowered_ = true;
}

CommunicatorUses Simulator::program_uses() const {
  CommunicatorUses uses{};
  for (const Part& part : program_.parts) merge(uses, communicator_uses(program_, part));
  return uses;
}

Bytes Simulator::communication_buffers(const CommunicatorUses& uses) const {
  Bytes bytes;
  for (std::size_t axis = 0; axis < kAxisCount; ++axis) {
    bytes += communicator_memory(job_.cluster, network_.group(static_cast<Axis>(axis)), uses[axis]);
  }
  return bytes;
}

void Simulator::read_program_memory() {
  if (program_memory_read_) return;
  lower_parts();
  memory_.begin(program_, communication_buffers(program_uses()),
                job_.cluster.device.runtime_reserve);
  program_memory_read_ = true;
  memory_read_ = true;
}

void Simulator::read_memory() {
  if (memory_read_) return;
  const std::optional<LayoutKey> blocks = key_of(same_blocks(*layout_));
  const std::optional<LayoutKey> standing = key_of(same_standing(*layout_));
  if (remembers() && blocks && standing) {
    recall_memory(*blocks, *standing);
  } else {
    read_program_memory();
  }
}

void Simulator::recall_memory(const LayoutKey& blocks, const LayoutKey& standing) {
  // The embedding, the loss, and where there is a pipeline its boundary.
  const std::size_t most_parts = job_.model.towers.front().kinds.size() + 3;
  if (!readings_) readings_.emplace(counts_, most_parts);
  const std::size_t part_count = layout_->pp > 1 ? most_parts : most_parts - 1;
  PartReading* known = readings_->parts.find(blocks);
  if (known == nullptr) {
    lower_parts();
    memory_.read_blocks(program_);
    known = readings_->parts.put(blocks);
    for (std::size_t i = 0; i < part_count; ++i) {
      known[i] = {memory_.part(i), communicator_uses(program_, program_.parts[i]), std::nullopt};
    }
  } else {
    memory_.clear_blocks();
    for (std::size_t i = 0; i < part_count; ++i) memory_.take_block(known[i].memory);
  }
  blocks_ = {known, part_count};
  if (const PartStanding* stands = readings_->standing.find(standing)) {
    memory_.take_standing({stands, part_count});
  } else {
    lower_parts();
    memory_.read_standing(program_);
    const std::span<const PartStanding> read = memory_.standing_parts();
    std::copy(read.begin(), read.end(), readings_->standing.put(standing));
  }
  CommunicatorUses uses{};
  for (const PartReading& part : blocks_) merge(uses, part.uses);
  memory_.begin_stages(program_, communication_buffers(uses), job_.cluster.device.runtime_reserve);
  memory_read_ = true;
}

void Simulator::read_durations() {
  if (durations_read_) return;
  lower_parts();
  read_op_times(job_.cluster, network_, program_, durations_, uses_);
  launches_.read(job_.cluster.device, host_of(job_.training, traits_of(job_.framework)), program_);
  durations_read_ = true;
}

StepTime Simulator::read_time() {
  read_durations();
  if (stages_read_ && runs_read_ == program_.runs && classes_read_ == program_.stages) {
    return time_.read_again(program_, durations_);
  }
  runs_read_ = program_.runs;
  classes_read_ = program_.stages;
  stages_read_ = true;
  loads_read_ = false;
  return time_.read(program_, durations_, uses_, &launches_);
}

// `time`: of the program alone.
StepTime Simulator::with_groups(const Layout& layout, StepTime time) {
  if (!grouped_) grouped_.emplace(job_);
  const GroupedStep grouped = grouped_->read(layout, network_);
  network_.place(layout);
  const Seconds fixed =
      (time.forward + time.backward) * static_cast<double>(program_.micro_batches);
  time.groups = grouped.mean - fixed;
  time.imbalance = grouped.longest - grouped.mean;
  time.error = grouped.error;
  time.step = time.step + time.groups + time.imbalance;
  return time;
}

void Simulator::add_imbalance(const Layout& layout, StepTime& time) {
  if (!documents_) return;
  if (job_.training.documents->context_parallel == DocumentGroups::kPerDocument) {
    time = with_groups(layout, time);
    return;
  }
  add(documents_->imbalance(layout, program_, point_time_, durations_, uses_, launches_, time,
                            job_.training.documents->assignment),
      time);
}

void Simulator::add(const Imbalance& imbalance, StepTime& time) const {
  time.imbalance = imbalance.mean;
  time.curvature = imbalance.curvature;
  time.error = imbalance.error;
  time.uneven = imbalance.uneven;
  time.bubble += imbalance.uneven;
  time.step += imbalance.total();
}

bool Simulator::host_fits(Bytes per_gpu) const {
  const std::optional<Bytes>& capacity = job_.cluster.host_memory;
  return !capacity || per_gpu * job_.cluster.gpus_per_node <= *capacity;
}

Evaluation Simulator::evaluate(const Layout& layout, bool always) {
  Evaluation evaluation = evaluate_memory(layout);
  if (always || evaluation.fits) evaluate_time(evaluation);
  return evaluation;
}

Bytes Simulator::least_peak() const {
  return memory_.standing() + job_.cluster.device.runtime_reserve;
}

Seconds Simulator::least_step() {
  if (documents_ || blocks_.empty()) {
    read_durations();
    return documents_ ? documents_->least_step(program_, durations_, launches_)
                      : sim::least_step(program_, durations_, launches_);
  }
  works_.clear();
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    if (!blocks_[i].work) {
      read_durations();
      blocks_[i].work = work_of(program_, i, durations_, launches_);
    }
    works_.push_back(*blocks_[i].work);
  }
  return sim::least_step(program_, works_, job_.cluster.device,
                         host_of(job_.training, traits_of(job_.framework)));
}

Seconds Simulator::even_step() { return read_time().step; }

bool Simulator::come_closer(Evaluation& evaluation) {
  if (!documents_ || is_close_) return false;
  const Documents& documents = *job_.training.documents;
  if (documents.context_parallel == DocumentGroups::kPerDocument) return false;
  Seconds imbalance;
  if (!bounded_) {
    bounded_ = read_time();
    imbalance =
        documents_->least_imbalance(*layout_, program_, point_time_, durations_, uses_, launches_,
                                    *bounded_, documents.assignment, loads_read_);
    loads_read_ = true;
  } else {
    imbalance = documents_->closer_imbalance(program_);
    is_close_ = true;
  }
  constexpr double kRounding = 1 - 1e-9;  // of sums in another order
  evaluation.step = std::max(evaluation.step, kRounding * (bounded_->step + imbalance));
  return true;
}

Evaluation Simulator::evaluate_memory(const Layout& layout) {
  prepare(layout);
  read_memory();
  Evaluation evaluation;
  evaluation.peak = memory_.peak().peak;
  if (layout.offload != Offload::kNone) evaluation.host = memory_.on_host().bytes;
  evaluation.fits = evaluation.peak <= job_.cluster.device.memory && host_fits(evaluation.host);
  return evaluation;
}

void Simulator::evaluate_time(Evaluation& evaluation) {
  const std::optional<LayoutKey> key = readings_ ? key_of(*layout_) : std::optional<LayoutKey>();
  const StepReading* known = key ? readings_->steps.find(*key) : nullptr;
  if (known == nullptr) {
    StepTime time = bounded_ ? *bounded_ : read_time();
    if (is_close_) {
      add(documents_->whole_imbalance(program_), time);
    } else {
      add_imbalance(*layout_, time);
    }
    step_ = {time.step, time.bubble, time.imbalance};
    if (key) *readings_->steps.put(*key) = step_;
    known = &step_;
  }
  evaluation.step = known->step;
  evaluation.bubble = known->bubble;
  evaluation.imbalance = known->imbalance;
}

const Program& Simulator::program_of(const Layout& layout) {
  prepare(layout);
  lower_parts();
  return program_;
}

}  // namespace seqspan::sim
