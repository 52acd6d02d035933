// The network as the readers of a program see it: place a layout, then ask what a communication
// takes.
//
// Placements are remembered by shape, so that placing a layout whose shapes were all seen costs
// look-ups only. One Network per thread; the cluster must outlive it.
//
// This is the seam for the flow solver: communications of one axis are timed on their own, with all
// sibling groups running; what runs on other axes at the same time does not slow them yet.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "sim/network/collective_time.hpp"
#include "sim/network/measured_curves.hpp"
#include "sim/network/placed_group.hpp"
#include "sim/program/op.hpp"
#include "sim/spec/cluster.hpp"
#include "sim/spec/layout.hpp"

namespace seqspan::sim {

class Network {
 public:
  explicit Network(const Cluster& cluster) : cluster_(&cluster) {}

  // Places the groups of every axis; until then each is a rank alone.
  void place(const Layout& layout);

  // Prefers these to the model wherever one stands for a group (measured_curves.hpp).
  void prefer(MeasuredCurves curves) { measured_ = std::move(curves); }

  // Valid until the next place().
  [[nodiscard]] const PlacedGroup& group(Axis axis) const;
  [[nodiscard]] Seconds time(const Communication& communication) const;
  // The parts of that time, and with bound() what holds it back. Where it was measured, the parts
  // are the model's, scaled so that their total is what was measured.
  [[nodiscard]] CommunicationTime explain(const Communication& communication) const;
  [[nodiscard]] TimedBy timed_by(const Communication& communication) const;

  [[nodiscard]] const Cluster& cluster() const { return *cluster_; }
  // Shapes placed so far.
  [[nodiscard]] std::size_t remembered() const { return placed_.size(); }

 private:
  // A placed group and what NCCL would choose for it.
  struct Placement {
    PlacedGroup group;
    CollectiveChoices choices;
  };

  [[nodiscard]] const Placement& placement(Axis axis) const;
  const Placement& find_or_place(GroupShape shape, std::int64_t world);
  // Null: nothing measured stands for it.
  [[nodiscard]] const GroupCurve* measured(const Communication& communication) const;

  const Cluster* cluster_;
  MeasuredCurves measured_;
  Placement alone_;                                    // a rank without peers
  std::array<const Placement*, kAxisCount> groups_{};  // null: alone
  std::vector<std::unique_ptr<Placement>> placed_;     // ordered by (size, stride, world)
};

}  // namespace seqspan::sim
