#include "sim/engine/op_times.hpp"

#include <array>
#include <optional>

#include "sim/engine/compute_time.hpp"
#include "sim/engine/host_time.hpp"
#include "sim/formula/traced.hpp"

namespace seqspan::sim {
namespace {

// On the slowest GPU of the cluster; all of them have the same memory.
template <class Numbers>
NumberOf<Numbers, Seconds> on_slowest(const Numbers& in, const DeviceProfile& device, const Op& op,
                                      NumberOf<Numbers, double> slowest) {
  const auto time = compute_time(in, device, op);
  return std::holds_alternative<MemoryPass>(op.work) ? time : slowest * in.named("kernel", time);
}

// Communications of a program that are read, the last ones: layers and passes repeat them.
class SeenCommunications {
 public:
  // The op of one that takes as long.
  [[nodiscard]] std::optional<std::size_t> find(const Program& program,
                                                const Communication& work) const {
    for (const std::size_t op : ops_) {
      if (op == kNone) break;
      const auto& seen = std::get<Communication>(program.ops[op].work);
      if (seen.collective == work.collective && seen.axis == work.axis &&
          seen.bytes == work.bytes && seen.messages == work.messages &&
          seen.to_predecessor == work.to_predecessor && seen.direct == work.direct) {
        return op;
      }
    }
    return std::nullopt;
  }
  void add(std::size_t op) {
    ops_[next_] = op;
    next_ = (next_ + 1) % ops_.size();
  }

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  std::array<std::size_t, 12> ops_ = [] {
    std::array<std::size_t, 12> none{};
    none.fill(kNone);
    return none;
  }();
  std::size_t next_ = 0;
};

}  // namespace

void read_op_times(const Cluster& cluster, const Network& network, const Program& program,
                   std::vector<Seconds>& durations, std::vector<LinkUse>& uses) {
  durations.clear();
  uses.clear();
  const double slowest = slowest_of(cluster.device, cluster.gpu_count());
  SeenCommunications seen;
  for (std::size_t i = 0; i < program.ops.size(); ++i) {
    const Op& op = program.ops[i];
    if (const auto* work = std::get_if<Communication>(&op.work)) {
      if (const auto same = seen.find(program, *work)) {
        durations.push_back(durations[*same]);
        uses.push_back(uses[*same]);
        continue;
      }
      seen.add(i);
      const CommunicationTime time = network.explain(*work);
      durations.push_back(time.total());
      uses.push_back(link_use(cluster, time));
    } else if (uses_host(op)) {
      durations.push_back(host_time(Plain{}, cluster.device, op));
      uses.push_back(host_link_use(cluster.device, op));
    } else {
      durations.push_back(on_slowest(Plain{}, cluster.device, op, slowest));
      uses.emplace_back();
    }
  }
}

Seconds kernel_time(const Cluster& cluster, const Op& op) {
  return on_slowest(Plain{}, cluster.device, op, slowest_of(cluster.device, cluster.gpu_count()));
}

Formula explain_op_time(const Cluster& cluster, const Network& network, const Op& op) {
  if (const auto* work = std::get_if<Communication>(&op.work)) return network.formula(*work);
  const Tracing in;
  if (uses_host(op)) return formula_of(host_law(op), "t", host_time(in, cluster.device, op));
  const auto slowest = slowest_of(in, cluster.device, cluster.gpu_count());
  return formula_of(compute_law(op), "t", on_slowest(in, cluster.device, op, slowest));
}

}  // namespace seqspan::sim
