#include "sim/engine/op_times.hpp"

#include "sim/engine/compute_time.hpp"

namespace seqspan::sim {

void read_op_times(const Cluster& cluster, const Network& network, const Program& program,
                   std::vector<Seconds>& durations, std::vector<LinkUse>& uses) {
  durations.clear();
  uses.clear();
  const double slowest = slowest_of(cluster.device, cluster.gpu_count());
  for (const Op& op : program.ops) {
    if (const auto* work = std::get_if<Communication>(&op.work)) {
      const CommunicationTime time = network.explain(*work);
      durations.push_back(time.total());
      uses.push_back(link_use(cluster, time));
    } else {
      const bool is_pass = std::holds_alternative<MemoryPass>(op.work);
      durations.push_back((is_pass ? 1.0 : slowest) * compute_time(cluster.device, op));
      uses.emplace_back();
    }
  }
}

}  // namespace seqspan::sim
