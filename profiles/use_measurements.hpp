// A fabric profile put to use on the cluster that it was measured on.
//
// Curves become the cluster's (sim/spec/measured_curves.hpp), under these names:
//   all_reduce, all_gather, reduce_scatter, alltoall   the same
//   sendrecv        ring shift: both are every rank to its successor, the last to the first
//   point_to_point  point-to-point
// Others are not used: no op of a program is one. The variant "4 groups at once, 2 apart", as
// `profile run` writes it, is a curve of its own, for layouts with as many groups. Of several other
// variants of a group the one without a name counts, else the first. Where only one of all-gather
// and reduce-scatter of a group was measured it stands for both (predict() in
// profiles/fit/fit_fabric.hpp says why). Nodes of a benchmark that share an NVLink domain are one
// domain.
//
// Link parameters that the logs determine (above 0) replace those of the data sheets:
//   inside   the device's NVLink, where a group of one node was measured
//   between   the fabric, NIC = GPU's x GPUs / NICs of a node
//   bandwidth: the fitted one is what large messages reach, so efficiency = fitted / peak; the peak
//   stays, unless less than what was fitted. half_speed_bytes becomes 0: the fit has no such term.
// message latency: only of a link that knows one protocol (no ll_channel_bandwidth). The fit has
// one latency for all sizes, which lies between those of LL and Simple where a link has both.
// All-reduce alone tells nothing: NCCL may run it as a tree or in the switches, and the fit takes
// it for a ring. `between` says nothing about the fabric where a measured group of several nodes
// stays inside one NVLink domain, and is not used then. The start of a ring is the model's.
#pragma once

#include <string>

#include "profiles/fabric_profile/fabric_profile.hpp"
#include "sim/errors/error.hpp"
#include "sim/spec/cluster.hpp"
#include "sim/spec/json/value.hpp"

namespace seqspan::profiles {

// A fabric profile, and where it is named.
struct NamedProfile {
  FabricProfile profile;
  sim::json::Value document;  // that it was decoded from: places for messages
  std::string named_at;
};

// Errors: kInput for a group that the cluster cannot have, at the curve.
[[nodiscard]] sim::Result<void> use_measurements(sim::Cluster& cluster, const NamedProfile& named);

}  // namespace seqspan::profiles
