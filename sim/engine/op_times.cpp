#include "sim/engine/op_times.hpp"

#include "sim/engine/compute_time.hpp"

namespace seqspan::sim {

void read_op_times(const DeviceProfile& device, const Network& network, const Program& program,
                   std::vector<Seconds>& durations, std::vector<LinkUse>& uses) {
  durations.clear();
  uses.clear();
  for (const Op& op : program.ops) {
    if (const auto* work = std::get_if<Communication>(&op.work)) {
      const CommunicationTime time = network.explain(*work);
      durations.push_back(time.total());
      uses.push_back(link_use(time));
    } else {
      durations.push_back(compute_time(device, op));
      uses.emplace_back();
    }
  }
}

}  // namespace seqspan::sim
