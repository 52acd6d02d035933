// How fast layouts are evaluated, both readers, on one core. Figures: docs/performance.md.
#include <benchmark/benchmark.h>

#include <vector>

#include "planner/plan.hpp"
#include "planner/space.hpp"
#include "profiles/read_job.hpp"
#include "sim/layout/legality.hpp"

namespace seqspan::planner {
namespace {

sim::Job job_of(benchmark::State& state, const char* path) {
  auto job = profiles::read_job(path, ".");
  if (!job) state.SkipWithError("run from the root of the tree: the job cannot be read");
  return job ? *job : sim::Job{};
}

// Legal layouts of the job, memory and time of each, whether or not they fit.
void evaluate(benchmark::State& state, const char* path) {
  const sim::Job job = job_of(state, path);
  if (job.model.towers.empty()) return;
  std::vector<sim::Layout> layouts;
  Space(job).for_each([&](const sim::Layout& layout) {
    if (!sim::broken_rule(job, layout)) layouts.push_back(layout);
  });
  sim::Simulator simulator(job);
  std::size_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(simulator.evaluate(layouts[next], true));
    next = (next + 7919) % layouts.size();  // a prime: neighbours are not alike
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}

void plan(benchmark::State& state, const char* path) {
  const sim::Job job = job_of(state, path);
  if (job.model.towers.empty()) return;
  for (auto _ : state) benchmark::DoNotOptimize(make_plan(job));
}

BENCHMARK_CAPTURE(evaluate, qwen3_235b_128_gpus, "configs/jobs/qwen3-235b-128k.json");
BENCHMARK_CAPTURE(evaluate, llama3_8b_8_gpus, "configs/jobs/llama3-8b-128k.json");
BENCHMARK_CAPTURE(plan, qwen3_235b_128_gpus, "configs/jobs/qwen3-235b-128k.json")
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(plan, llama31_70b_128_gpus, "configs/jobs/llama3.1-70b-64k.json")
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace seqspan::planner
