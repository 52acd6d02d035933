#include "cli/render/result_json.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "tests/unit/cli/sample.hpp"

namespace seqspan::cli {
namespace {

using Json = nlohmann::ordered_json;

TEST(SimulationJson, HoldsTheContract) {
  const Json object = Json::parse(simulation_json(sample::job(), sample::simulation()));
  EXPECT_EQ(object["format_version"], "1.0");
  EXPECT_EQ(object["inputs"][0]["path"], "job.json");
  EXPECT_EQ(object["warnings"][0]["path"], "training.sequence_length");
  EXPECT_EQ(object["layout"]["cp"], 4);
  EXPECT_EQ(object["layout"]["dp"], 1);
  EXPECT_EQ(object["fits"], true);
  EXPECT_EQ(object["memory"]["peak_bytes"], 60 * sim::kGibi);
  EXPECT_EQ(object["memory"]["by_role_bytes"]["saved_activations"], 40 * sim::kGibi);
  EXPECT_EQ(object["time"]["step_seconds"], 10.0);
  EXPECT_EQ(object["time"]["bound"], "attention");
  EXPECT_EQ(object["time"]["exposed_communication_seconds"]["ulysses"], 1.0);
  EXPECT_EQ(object["traffic"][0]["bytes_sent_per_gpu"], sim::kGibi);
  EXPECT_EQ(object["kv_replication"], 1);
}

TEST(SimulationJson, BytesAreIntegersAndDoublesReadBackExactly) {
  sim::Simulation simulation = sample::simulation();
  simulation.time.step = sim::Seconds(0.1 + 0.2);
  const Json object = Json::parse(simulation_json(sample::job(), simulation));
  EXPECT_TRUE(object["memory"]["peak_bytes"].is_number_integer());
  EXPECT_EQ(object["time"]["step_seconds"].get<double>(), 0.1 + 0.2);
}

TEST(SimulationJson, NeverPrintsWhatIsNotANumber) {
  for (const double value :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    sim::Simulation simulation = sample::simulation();
    simulation.mfu = value;
    EXPECT_THROW((void)simulation_json(sample::job(), simulation), std::domain_error);
  }
}

TEST(SimulationJson, NamesNeedNotBeUtf8) {
  sim::Job job = sample::job();
  job.name = "\xff";
  EXPECT_TRUE(Json::accept(simulation_json(job, sample::simulation())));
}

TEST(PlanJson, HoldsTheContract) {
  const Json object = Json::parse(plan_json(sample::job(), {}, {}, sample::plan()));
  EXPECT_EQ(object["candidates"], 1234);
  EXPECT_EQ(object["evaluated"], 100);
  EXPECT_EQ(object["rejected"]["does_not_fit"], 98);
  EXPECT_EQ(object["best"].size(), 2U);
  EXPECT_EQ(object["best"][0]["layout"]["tp"], 2);
  EXPECT_EQ(object["pareto"][0]["step_seconds"], 10.0);
  EXPECT_EQ(object["search_seconds"], 0.25);
  EXPECT_FALSE(object.contains("closest"));
}

TEST(PlanJson, NamesTheClosestWhereNothingFits) {
  planner::Plan plan = sample::plan();
  plan.best.clear();
  const Json object = Json::parse(plan_json(sample::job(), {}, {}, plan));
  EXPECT_EQ(object["closest"]["peak_bytes"], 82 * sim::kGibi);
  EXPECT_TRUE(object["best"].empty());
}

}  // namespace
}  // namespace seqspan::cli
