// How fast layouts are evaluated, both readers, on one core. Figures: docs/performance.md.
#include <benchmark/benchmark.h>

#include <optional>
#include <string>
#include <vector>

#include "planner/plan.hpp"
#include "planner/space.hpp"
#include "profiles/read_job.hpp"
#include "sim/layout/legality.hpp"

namespace seqspan::planner {
namespace {

using Settings = std::vector<std::string>;

sim::Job job_of(benchmark::State& state, const char* path, const Settings& settings = {}) {
  auto job = profiles::read_job(path, ".", settings);
  if (!job) state.SkipWithError("run from the root of the tree: the job cannot be read");
  return job ? *job : sim::Job{};
}

std::vector<sim::Layout> legal_layouts(const sim::Job& job) {
  std::vector<sim::Layout> layouts;
  Space(job).for_each([&](const sim::Layout& layout) {
    if (!sim::broken_rule(job, layout)) layouts.push_back(layout);
  });
  return layouts;
}

// Legal layouts of the job, memory and time of each, whether or not they fit; all were evaluated
// before, and the simulator remembers what `counts` lets it.
void evaluate_again(benchmark::State& state, const char* path, const Settings& settings,
                    const sim::ReadingCounts& counts) {
  const sim::Job job = job_of(state, path, settings);
  if (job.model.towers.empty()) return;
  const std::vector<sim::Layout> layouts = legal_layouts(job);
  sim::Simulator simulator(job, counts);
  // Group shapes are placed once, not once per layout.
  for (const sim::Layout& layout : layouts) (void)simulator.evaluate(layout, true);
  std::size_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(simulator.evaluate(layouts[next], true));
    next = (next + 7919) % layouts.size();  // a prime: neighbours are not alike
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}

// Nothing is remembered: each layout is lowered, and all of it read off its program.
void evaluate(benchmark::State& state, const char* path, const Settings& settings) {
  evaluate_again(state, path, settings, sim::kNoReadings);
}

// All that fits the tables is remembered.
void evaluate_seen(benchmark::State& state, const char* path, const Settings& settings) {
  evaluate_again(state, path, settings, {});
}

// Each layout for the first time: after the last one a new simulator begins with the first. What
// helps is what was read of other layouts.
void evaluate_unseen(benchmark::State& state, const char* path, const Settings& settings) {
  const sim::Job job = job_of(state, path, settings);
  if (job.model.towers.empty()) return;
  const std::vector<sim::Layout> layouts = legal_layouts(job);
  std::optional<sim::Simulator> simulator;
  std::size_t next = layouts.size();
  for (auto _ : state) {
    if (next == layouts.size()) {
      state.PauseTiming();
      simulator.emplace(job);
      next = 0;
      state.ResumeTiming();
    }
    benchmark::DoNotOptimize(simulator->evaluate(layouts[next++], true));
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}

// A whole search: items are legal layouts, each judged, by a bound or by its time.
void plan(benchmark::State& state, const char* path, const Settings& settings, unsigned threads) {
  const sim::Job job = job_of(state, path, settings);
  if (job.model.towers.empty()) return;
  PlanOptions options;
  options.threads = threads;
  std::int64_t layouts = 0;
  for (auto _ : state) {
    const Plan found = make_plan(job, options);
    layouts += found.evaluated;
    benchmark::DoNotOptimize(found.best.size());
  }
  state.SetItemsProcessed(layouts);
}

const char* const kQwen = "configs/jobs/qwen3-235b-128k.json";
const char* const kDocuments = "configs/jobs/llama3-8b-32k-documents.json";
const char* const kLlama70 = "configs/jobs/llama3.1-70b-64k.json";
const char* const kLlama = "configs/jobs/llama3-8b-128k.json";

BENCHMARK_CAPTURE(evaluate, qwen3_235b_128_gpus, kQwen, Settings{});
// The same job with 128 times the GPUs and micro-batches: the cost of an evaluation stays.
BENCHMARK_CAPTURE(evaluate, qwen3_235b_16384_gpus, kQwen,
                  Settings{"cluster.nodes=2048", "training.global_batch_size=8192",
                           "layout.micro_batch=1", "layout.tp=4"});
BENCHMARK_CAPTURE(evaluate, llama3_8b_8_gpus, kLlama, Settings{});
// With and without the curves of a fabric profile.
BENCHMARK_CAPTURE(evaluate, llama3_8b_16_gpus, kLlama, Settings{"cluster=b200-2x8"});
BENCHMARK_CAPTURE(evaluate, llama3_8b_16_gpus_measured, kLlama,
                  Settings{"cluster=b200-2x8",
                           "cluster.measured=docs/tasks/example/vultr-b200.json"});
// With documents, after steps have been drawn for their shapes.
BENCHMARK_CAPTURE(evaluate, llama3_8b_16_gpus_documents, kDocuments, Settings{});

BENCHMARK_CAPTURE(evaluate_unseen, qwen3_235b_128_gpus, kQwen, Settings{});
BENCHMARK_CAPTURE(evaluate_unseen, qwen3_235b_16384_gpus, kQwen,
                  Settings{"cluster.nodes=2048", "training.global_batch_size=8192",
                           "layout.micro_batch=1", "layout.tp=4"});
BENCHMARK_CAPTURE(evaluate_unseen, llama3_8b_8_gpus, kLlama, Settings{});
BENCHMARK_CAPTURE(evaluate_unseen, llama3_8b_16_gpus, kLlama, Settings{"cluster=b200-2x8"});
BENCHMARK_CAPTURE(evaluate_unseen, llama3_8b_16_gpus_documents, kDocuments, Settings{});

BENCHMARK_CAPTURE(evaluate_seen, qwen3_235b_128_gpus, kQwen, Settings{});
BENCHMARK_CAPTURE(evaluate_seen, qwen3_235b_16384_gpus, kQwen,
                  Settings{"cluster.nodes=2048", "training.global_batch_size=8192",
                           "layout.micro_batch=1", "layout.tp=4"});
BENCHMARK_CAPTURE(evaluate_seen, llama3_8b_8_gpus, kLlama, Settings{});
BENCHMARK_CAPTURE(evaluate_seen, llama3_8b_16_gpus, kLlama, Settings{"cluster=b200-2x8"});
BENCHMARK_CAPTURE(evaluate_seen, llama3_8b_16_gpus_documents, kDocuments, Settings{});

const Settings kLarge{"cluster.nodes=2048", "training.global_batch_size=8192"};
const Settings kLognormal{R"(training.documents={"lognormal": {"median": "4K", "sigma": 1.5}})"};

BENCHMARK_CAPTURE(plan, qwen3_235b_128_gpus, kQwen, Settings{}, 1)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(plan, llama31_70b_128_gpus, kLlama70, Settings{}, 1)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(plan, qwen3_235b_16384_gpus, kQwen, kLarge, 1)->Unit(benchmark::kMillisecond);
// Of several threads, the wall clock.
BENCHMARK_CAPTURE(plan, qwen3_235b_16384_gpus_2_threads, kQwen, kLarge, 2)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(plan, llama3_8b_16_gpus_documents, kDocuments, Settings{}, 1)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(plan, qwen3_235b_128_gpus_documents, kQwen, kLognormal, 1)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace seqspan::planner
