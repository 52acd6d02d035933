#include "sim/network/link_times.hpp"

#include "sim/formula/traced.hpp"

namespace seqspan::sim {
namespace {

template <class Numbers>
NumberOf<Numbers, Seconds> time_over(const Numbers& in, const char* owner, const LinkProfile& link,
                                     NumberOf<Numbers, double> load,
                                     NumberOf<Numbers, double> bytes,
                                     NumberOf<Numbers, double> messages) {
  if (bare(load) <= 0) return in.constant(Seconds(0));
  const auto half =
      real(in.sourced(owner, "half_speed_bytes", link.half_speed_bytes, link.sources));
  const auto slowed = link.half_speed_bytes == 0 ? bytes : bytes + half * messages;
  const auto rate = amount(in.sourced(owner, "bandwidth", link.bandwidth, link.sources)) *
                    in.sourced(owner, "efficiency", link.efficiency, link.sources);
  return as<Seconds>(load * slowed / rate);
}

}  // namespace

template <class Numbers>
LinkTimesOf<Numbers> link_times(const Numbers& in, const Cluster& cluster,
                                const LinkLoadsOf<Numbers>& loads, NumberOf<Numbers, double> bytes,
                                NumberOf<Numbers, double> messages) {
  const auto over = [&](const char* owner, const LinkProfile& link, const auto& load) {
    return time_over(in, owner, link, load, bytes, messages);
  };
  const auto spine = in.given("spine_oversubscription", cluster.spine_oversubscription,
                              "the cluster's description");
  const auto core =
      in.given("core_oversubscription", cluster.core_oversubscription, "the cluster's description");
  LinkTimesOf<Numbers> times;
  times.nvlink = in.named("nvlink", over("nvlink", cluster.device.nvlink, loads.nvlink));
  times.nic = in.named("nic", over("nic", cluster.nic, loads.nic));
  if (bare(loads.spine) > 0) {
    times.spine = in.named("spine", over("nic", cluster.nic, loads.spine) * spine);
  }
  if (bare(loads.core) > 0) {
    times.core = in.named("core", over("nic", cluster.nic, loads.core) * (spine * core));
  }
  if (bare(loads.pcie) > 0) {
    const auto given = cluster.pcie.value_or(cluster.nic.effective_bandwidth());
    const auto rate =
        in.given("pcie_bandwidth", given, "the cluster's description, else the NIC's");
    times.pcie = in.named("pcie", as<Seconds>(loads.pcie * bytes / amount(rate)));
  }
  return times;
}

template LinkTimesOf<Plain> link_times(const Plain&, const Cluster&, const LinkLoads&, double,
                                       double);
template LinkTimesOf<Tracing> link_times(const Tracing&, const Cluster&,
                                         const LinkLoadsOf<Tracing>&, Traced<double>,
                                         Traced<double>);

LinkTimes link_times(const Cluster& cluster, const LinkLoads& loads, double bytes,
                     double messages) {
  return link_times(Plain{}, cluster, loads, bytes, messages);
}

}  // namespace seqspan::sim
