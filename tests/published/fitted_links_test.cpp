// What the network model gains from link parameters that were fitted to a log: its own median error
// on that log's all-gather between nodes, the curves left aside. docs/models/fit.md quotes what is
// printed.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "profiles/fit/isotonic.hpp"
#include "profiles/import/read_log.hpp"
#include "profiles/read_job.hpp"
#include "sim/network/collective_time.hpp"

namespace seqspan::profiles {
namespace {

// Of the set's sizes from 1 MiB on; 1 where the job cannot be read.
double median_error(const MeasurementSet& set, const std::vector<std::string>& settings) {
  JobOptions options;
  options.model = "Llama-3-8B";
  options.cluster = "b200-2x8";
  options.sequence_length = "4K";
  options.global_batch_size = "1024";
  options.settings = settings;
  const auto job = make_job(options, std::filesystem::current_path());
  if (!job) return 1;
  const sim::PlacedGroup group = sim::place(job->cluster, {set.group.ranks, 1}, set.group.ranks);
  std::vector<double> errors;
  for (const MeasuredPoint& point : set.points) {
    if (point.size.value() < sim::kMebi) continue;
    const sim::Communication gather{sim::Collective::kAllGather, sim::Axis::kShard, point.size, 1};
    errors.push_back(std::abs(sim::collective_time(job->cluster, group, gather) / point.time - 1));
  }
  return median(errors);
}

TEST(FittedLinks, BringTheModelNearerToTheClusterTheyWereFittedTo) {
  const std::string file =
      "tests/published/nccl/vultr-b200-allgather-reducescatter-allreduce-8-16ranks.txt";
  const auto log = read_log_file(file, file);
  ASSERT_TRUE(log.has_value());
  const MeasuredGroup wanted{CollectiveKind::kAllGather, 16, 2};
  for (const MeasurementSet& set : log->sets) {
    if (set.group != wanted) continue;
    const double data_sheets = median_error(set, {});
    const double fitted =
        median_error(set, {"cluster.measured=docs/tasks/example/vultr-b200.json"});
    fmt::print("{}: data sheets {:.1f} %, fitted links {:.1f} %\n", show(set), data_sheets * 100,
               fitted * 100);
    EXPECT_LT(fitted, data_sheets);
  }
}

}  // namespace
}  // namespace seqspan::profiles
