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
  const Imbalance imbalance =
      documents_->imbalance(layout, program_, point_time_, durations_, uses_, launches_, time,
                            job_.training.documents->assignment);
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
  StepTime time = time_.read(program_, durations_, uses_, &launches_);
  add_imbalance(*lowered_, time);
  evaluation.imbalance = time.imbalance;
  evaluation.step = time.step;
  evaluation.bubble = time.bubble;
}

const Program& Simulator::program_of(const Layout& layout) {
  prepare(layout);
  return program_;
}

}  // namespace seqspan::sim
