#include "cli/commands/points_to_measure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>

#include "cli/commands/job_exchanges.hpp"
#include "cli/commands/measurement_log.hpp"
#include "real/launch/host_name.hpp"
#include "real/measure/host_memory.hpp"
#include "real/measure/job_sweep.hpp"

namespace seqspan::cli {
namespace {

// What benchmarks measure. A pipeline's hand-over comes with a job that has one.
constexpr std::array kCollectives = {sim::Collective::kAllReduce, sim::Collective::kAllGather,
                                     sim::Collective::kReduceScatter, sim::Collective::kAllToAll,
                                     sim::Collective::kRingShift};

// Of the size of an exchange: what is sent, received, the zeros that it is filled with, MPI's own.
constexpr std::int64_t kBuffersPerRank = 4;
// Elements of a message are counted in 31 bits, and twice the size is measured too.
constexpr sim::Bytes kLargest(4 * sim::kGibi);

// The largest size for which the ranks of every host have memory; `available` by rank, 0: unknown.
sim::Bytes largest_size(const std::vector<std::string>& hosts,
                        const std::vector<std::string>& available) {
  sim::Bytes largest = kLargest;
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    const std::int64_t bytes = std::strtoll(available[i].c_str(), nullptr, 10);
    const auto ranks = std::count(hosts.begin(), hosts.end(), hosts[i]);
    if (bytes > 0) largest = std::min(largest, sim::Bytes(bytes / (ranks * kBuffersPerRank)));
  }
  return largest;
}

}  // namespace

sim::Result<std::vector<real::SweepPoint>> points_to_measure(const ProfileArguments& arguments,
                                                             real::ExchangeTimer& timer,
                                                             sim::Seconds limit, bool is_first,
                                                             Output& output) {
  const auto hosts = timer.gather_texts(real::host_name(), limit);
  if (!hosts) return tl::unexpected(hosts.error());
  if (!arguments.run.job) {
    std::vector<sim::Collective> collectives;
    for (const sim::Collective collective : kCollectives) {
      const profiles::CollectiveKind kind = kind_of(collective);
      if (arguments.log.collective.value_or(kind) == kind) collectives.push_back(collective);
    }
    return real::sweep(*hosts, collectives, arguments.run.sizes);
  }

  const auto exchanges = job_exchanges(arguments);
  if (!exchanges) return tl::unexpected(exchanges.error());
  if (exchanges->empty()) return std::vector<real::SweepPoint>{};
  const auto available =
      timer.gather_texts(std::to_string(real::available_memory().value()), limit);
  if (!available) return tl::unexpected(available.error());
  real::JobSweep sweep = real::job_sweep(*hosts, *exchanges, largest_size(*hosts, *available));
  if (is_first) {
    for (const std::string& line : sweep.left_out) {
      output.message(fmt::format("left out: {}\n", line));
    }
  }
  if (!sweep.points.empty()) return std::move(sweep.points);
  return sim::input_error("nothing that the layout exchanges can be measured on these ranks", "",
                          sweep.left_out.front(),
                          "start more: --ranks 8 on this machine, or mpirun on several");
}

}  // namespace seqspan::cli
