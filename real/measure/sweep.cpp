#include "real/measure/sweep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace seqspan::real {
namespace {

struct Lie {
  sim::GroupShape shape;
  std::int64_t nodes;
};

sim::Result<std::int64_t> ranks_per_host(const std::vector<std::string>& hosts) {
  const auto first = std::find_if(hosts.begin(), hosts.end(),
                                  [&](const std::string& host) { return host != hosts.front(); });
  const auto each = static_cast<std::size_t>(first - hosts.begin());
  const std::set<std::string> distinct(hosts.begin(), hosts.end());
  bool equal = distinct.size() * each == hosts.size();
  for (std::size_t i = 0; equal && i < hosts.size(); ++i)
    equal = hosts[i] == hosts[i / each * each];
  if (equal) return static_cast<std::int64_t>(each);
  return sim::input_error("hosts have different numbers of ranks, or share them out of turn", "",
                          "groups inside and across hosts are measured",
                          "start as many ranks on each host, host by host");
}

}  // namespace

std::string variant_of(const sim::GroupShape& shape, std::int64_t world) {
  const std::int64_t siblings = world / shape.size;
  if (siblings == 1) return "";
  return fmt::format("{} groups at once{}", siblings,
                     shape.stride > 1 ? fmt::format(", {} apart", shape.stride) : "");
}

sim::Result<std::vector<SweepPoint>> sweep(const std::vector<std::string>& hosts,
                                           const std::vector<sim::Collective>& collectives,
                                           const std::vector<sim::Bytes>& sizes) {
  const sim::Result<std::int64_t> each = ranks_per_host(hosts);
  if (!each) return tl::unexpected(each.error());
  const auto world = static_cast<std::int64_t>(hosts.size());
  const std::int64_t nodes = world / *each;
  std::vector<Lie> lies = {{{world, 1}, nodes}};
  if (nodes > 1 && *each > 1) {
    lies.push_back({{*each, 1}, 1});
    lies.push_back({{nodes, *each}, nodes});
  }

  std::vector<SweepPoint> points;
  for (const sim::Bytes size : sizes) {
    for (const Lie& lie : lies) {
      for (const sim::Collective collective : collectives) {
        points.push_back({{collective, lie.shape, size}, lie.nodes, variant_of(lie.shape, world)});
      }
    }
  }
  return points;
}

}  // namespace seqspan::real
