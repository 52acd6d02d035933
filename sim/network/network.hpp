// The network as the readers of a program see it: place a layout, then ask what a communication
// takes.
//
// The one place that decides how a cluster is counted:
//   short description                      arithmetic (placed_group.hpp); no graph is built
//   overrides of NICs that leave routes    arithmetic, each NIC weighted by its bandwidth
//   other overrides                        arithmetic; what GPUs near them send and receive on the
//                                          graph (graph_placement.hpp)
//   links                                  on the graph
// The graph is built once, by the constructor. A cluster that is no whole graph is refused.
//
// Placements are remembered by shape, so that placing a layout whose shapes were all seen costs
// look-ups only. One Network per thread; the cluster must outlive it.
//
// Communications of one axis are timed on their own, with all sibling groups running. What runs on
// other axes at the same time slows them in the readers (sim/engine/link_sharing.hpp).
//
// Curves measured on the cluster (Cluster::measured) go before the model: first one that was
// measured with as many groups at once as the layout has. Most benchmarks run one group on GPUs
// that have nothing else to do; such a curve stands for a placed group only where no sibling shares
// its links: ranks that are neighbours, in one domain or in domains that they fill, under one leaf
// or under leaves that they fill, on links as the cluster describes them. Other interleaved groups
// share NICs, and keep the model, which counts that.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/errors/error.hpp"
#include "sim/formula/formula.hpp"
#include "sim/network/collective_time.hpp"
#include "sim/network/placed_group.hpp"
#include "sim/program/op.hpp"
#include "sim/spec/cluster.hpp"
#include "sim/spec/layout.hpp"
#include "sim/spec/measured_curves.hpp"

namespace seqspan::sim {

// The link that bounds a communication, where it is busier than most of its kind.
struct BoundLink {
  std::string name;  // "node3.nic5", "leaf0 to spine1"
  BytesPerSecond bandwidth;
  BytesPerSecond others;  // what most of its kind have
  double load = 1;        // how much longer it is busy than most of its kind
};

class Network {
 public:
  explicit Network(const Cluster& cluster);
  ~Network();
  Network(Network&&) noexcept;
  Network& operator=(Network&&) noexcept;

  // Error: kInput, where GPUs cannot reach each other, links or overrides name what is not there,
  // or too many pairs of GPUs would have to be routed one by one (2^22). Nothing else may be asked
  // then.
  [[nodiscard]] Result<void> check() const;

  // Places the groups of every axis; until then each is a rank alone.
  void place(const Layout& layout);

  // Valid until the next place().
  [[nodiscard]] const PlacedGroup& group(Axis axis) const;
  [[nodiscard]] Seconds time(const Communication& communication) const;
  // The parts of that time, and with bound() what holds it back. Where it was measured, the parts
  // are the model's, scaled so that their total is what was measured.
  [[nodiscard]] CommunicationTime explain(const Communication& communication) const;
  // How the time comes about.
  [[nodiscard]] Formula formula(const Communication& communication) const;
  [[nodiscard]] TimedBy timed_by(const Communication& communication) const;

  // Of explain(): nothing where links of that kind are equally busy.
  [[nodiscard]] std::optional<BoundLink> bound_link(const Communication& communication) const;

  [[nodiscard]] const Cluster& cluster() const { return *cluster_; }
  // Shapes placed so far.
  [[nodiscard]] std::size_t remembered() const { return placed_.size(); }

 private:
  class Irregular;

  // A placed group and what NCCL would choose for it.
  struct Placement {
    PlacedGroup group;
    CollectiveChoices choices;
    bool as_benchmarked = true;  // a measured curve of such a group stands for it
  };

  [[nodiscard]] const Placement& placement(Axis axis) const;
  template <class Numbers>
  [[nodiscard]] CommunicationTimeOf<Numbers> timed(const Numbers& in,
                                                   const Communication& communication) const;
  const Placement& find_or_place(GroupShape shape, std::int64_t world);
  // Null: nothing measured stands for it.
  [[nodiscard]] const GroupCurve* measured(const Communication& communication) const;

  const Cluster* cluster_;
  std::unique_ptr<Irregular> irregular_;               // null: arithmetic alone
  Placement alone_;                                    // a rank without peers
  std::array<const Placement*, kAxisCount> groups_{};  // null: alone
  std::vector<std::unique_ptr<Placement>> placed_;     // ordered by shape and world
};

}  // namespace seqspan::sim
