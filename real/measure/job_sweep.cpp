#include "real/measure/job_sweep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <variant>

#include "real/transport/group.hpp"
#include "sim/units/format_units.hpp"

namespace seqspan::real {
namespace {

template <class T>
void add_once(std::vector<T>& list, T item) {
  if (std::find(list.begin(), list.end(), item) == list.end()) list.push_back(std::move(item));
}

std::int64_t hosts_of(const Group& group, const std::vector<std::string>& hosts) {
  std::vector<std::string> distinct;
  for (const std::int64_t rank : group.members) {
    add_once(distinct, hosts[static_cast<std::size_t>(rank)]);
  }
  return static_cast<std::int64_t>(distinct.size());
}

// Hosts that each group spans, evenly; nothing where groups differ, or lie unevenly.
std::optional<std::int64_t> nodes_of(const sim::GroupShape& shape,
                                     const std::vector<std::string>& hosts) {
  const auto world = static_cast<std::int64_t>(hosts.size());
  std::optional<std::int64_t> nodes;
  for (std::int64_t rank = 0; rank < world; ++rank) {
    const sim::Result<Group> group = group_of(shape, rank, world);
    if (!group) return std::nullopt;
    const std::int64_t own = hosts_of(*group, hosts);
    const auto here = std::count_if(group->members.begin(), group->members.end(), [&](auto other) {
      return hosts[static_cast<std::size_t>(other)] == hosts[static_cast<std::size_t>(rank)];
    });
    if (nodes.value_or(own) != own || here * own != shape.size) return std::nullopt;
    nodes = own;
  }
  return nodes;
}

std::string name_of_groups(const JobExchange& exchange) {
  const sim::GroupShape& shape = exchange.shape;
  return fmt::format("groups of {} ranks{} ({})", shape.size,
                     shape.stride > 1 ? fmt::format(", {} apart", shape.stride) : "",
                     name_of(exchange.axis));
}

// Why the groups cannot be had here; empty where they can.
std::string obstacle(const sim::GroupShape& shape, const std::vector<std::string>& hosts) {
  const auto world = static_cast<std::int64_t>(hosts.size());
  std::string there = fmt::format("there are {} rank{}", world, world == 1 ? "" : "s");
  if (shape.size > world) return there;
  if (shape.runs > 1) return "their ranks are not equally far apart, and no log has words for that";
  const std::int64_t block = shape.tile();
  if (world % block != 0) return fmt::format("they take a multiple of {} ranks, {}", block, there);
  if (!nodes_of(shape, hosts)) return "they do not lie evenly on the hosts";
  return "";
}

}  // namespace

std::vector<JobExchange> exchanges_of(const sim::Program& program, const sim::Layout& layout) {
  std::vector<JobExchange> exchanges;
  for (const sim::Op& op : program.ops) {
    const auto* work = std::get_if<sim::Communication>(&op.work);
    if (work == nullptr || work->bytes <= sim::Bytes(0)) continue;
    const sim::GroupShape shape = group_shape(work->axis, layout);
    const bool known = std::any_of(exchanges.begin(), exchanges.end(), [&](const auto& other) {
      return other.collective == work->collective && other.shape == shape &&
             other.size == work->bytes;
    });
    if (shape.size > 1 && !known) {
      exchanges.push_back({work->collective, work->axis, shape, work->bytes});
    }
  }
  return exchanges;
}

JobSweep job_sweep(const std::vector<std::string>& hosts, const std::vector<JobExchange>& exchanges,
                   sim::Bytes largest) {
  JobSweep sweep;
  std::vector<MeasurePoint> points;
  for (const JobExchange& exchange : exchanges) {
    if (const std::string why = obstacle(exchange.shape, hosts); !why.empty()) {
      add_once(sweep.left_out, fmt::format("{}: {}", name_of_groups(exchange), why));
      continue;
    }
    for (const sim::Bytes size : {exchange.size / 2, exchange.size, exchange.size * 2}) {
      if (size > largest) {
        add_once(sweep.left_out, fmt::format("{} of {} in {}: the hosts have memory for {}",
                                             name_of(exchange.collective), sim::format_bytes(size),
                                             name_of_groups(exchange), sim::format_bytes(largest)));
        continue;
      }
      MeasurePoint point{exchange.collective, exchange.shape, size};
      point.size = measured_size(point);
      add_once(points, point);
    }
  }
  std::stable_sort(points.begin(), points.end(),
                   [](const auto& a, const auto& b) { return a.size < b.size; });
  const auto world = static_cast<std::int64_t>(hosts.size());
  for (const MeasurePoint& point : points) {
    sweep.points.push_back({point, *nodes_of(point.shape, hosts), variant_of(point.shape, world)});
  }
  return sweep;
}

}  // namespace seqspan::real
