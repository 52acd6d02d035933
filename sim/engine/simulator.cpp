#include "sim/engine/simulator.hpp"

#include <algorithm>

#include "sim/engine/least_step.hpp"
#include "sim/engine/op_times.hpp"
#include "sim/lower/lower.hpp"

namespace seqspan::sim {

Simulator::Simulator(const Job& job) : job_(job), network_(job.cluster) {
  if (job.training.documents) documents_.emplace(job);
}

void Simulator::prepare(const Layout& layout) {
  bounded_.reset();
  is_close_ = false;
  if (lowered_) {
    lowered_->vpp = layout.vpp;
    if (*lowered_ == layout && job_.training.scope == TrainingScope::kStep) {
      lower_stages(job_, layout, program_);
      return;
    }
  }
  lower(job_, layout, program_);
  if (documents_) documents_->write_mean_load(layout, program_);
  network_.place(layout);
  lowered_ = layout;
  memory_read_ = false;
  durations_read_ = false;
  stages_read_ = false;
}

// NCCL allocates per communicator, and each axis has its own.
Simulator::CommunicatorUses Simulator::communicator_uses() const {
  CommunicatorUses uses{};
  for (const Op& op : program_.ops) {
    const auto* work = std::get_if<Communication>(&op.work);
    if (work == nullptr || work->direct) continue;
    CommunicatorUse& use = uses[static_cast<std::size_t>(work->axis)];
    switch (work->collective) {
      case Collective::kAllToAll:
        use.peers = MessagePeers::kAll;
        break;
      case Collective::kRingShift:
        use.peers = std::max(use.peers, MessagePeers::kNeighbour);
        break;
      case Collective::kPointToPoint:
        use.peers = std::max(use.peers, MessagePeers::kNeighbours);
        break;
      case Collective::kAllGather:
      case Collective::kReduceScatter:
      case Collective::kAllReduce:
        use.ring_collectives = true;
        break;
    }
  }
  return uses;
}

Bytes Simulator::communication_buffers() const {
  const CommunicatorUses uses = communicator_uses();
  Bytes bytes;
  for (std::size_t axis = 0; axis < kAxisCount; ++axis) {
    bytes += communicator_memory(job_.cluster, network_.group(static_cast<Axis>(axis)), uses[axis]);
  }
  return bytes;
}

void Simulator::read_memory() {
  if (memory_read_) return;
  memory_.begin(program_, communication_buffers(), job_.cluster.device.runtime_reserve);
  memory_read_ = true;
}

void Simulator::read_durations() {
  if (durations_read_) return;
  read_op_times(job_.cluster, network_, program_, durations_, uses_);
  launches_.read(job_.cluster.device, traits_of(job_.framework).host, program_);
  durations_read_ = true;
}

StepTime Simulator::read_time() {
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
  if (!always && !evaluation.fits) return evaluation;
  read_durations();
  evaluate_time(evaluation);
  return evaluation;
}

Bytes Simulator::least_peak() const {
  return memory_.standing() + job_.cluster.device.runtime_reserve;
}

Seconds Simulator::least_step() {
  read_durations();
  return documents_ ? documents_->least_step(program_, durations_, launches_)
                    : sim::least_step(program_, durations_, launches_);
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
        documents_->least_imbalance(*lowered_, program_, point_time_, durations_, uses_, launches_,
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
  StepTime time = bounded_ ? *bounded_ : read_time();
  if (is_close_) {
    add(documents_->whole_imbalance(program_), time);
  } else {
    add_imbalance(*lowered_, time);
  }
  evaluation.imbalance = time.imbalance;
  evaluation.step = time.step;
  evaluation.bubble = time.bubble;
}

const Program& Simulator::program_of(const Layout& layout) {
  prepare(layout);
  return program_;
}

}  // namespace seqspan::sim
