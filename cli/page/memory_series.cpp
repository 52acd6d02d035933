#include "cli/page/memory_series.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "cli/render/result_parts.hpp"
#include "cli/trace/counters.hpp"

namespace seqspan::cli {
namespace {

constexpr std::size_t kBuckets = 160;
constexpr double kMebi = 1024.0 * 1024.0;

double mebi(sim::Bytes bytes) {
  return std::round(static_cast<double>(bytes.value()) / kMebi * 10) / 10;
}

sim::Bytes total(const sim::ActivationSample& sample) { return sample.saved + sample.transient; }

// Of equal spans of time the highest sample, then the last.
std::vector<sim::ActivationSample> thinned(const std::vector<sim::ActivationSample>& samples) {
  if (samples.size() <= 2 * kBuckets) return samples;
  const double start = samples.front().time;
  const double span = (samples.back().time - start) / static_cast<double>(kBuckets);
  std::vector<sim::ActivationSample> kept;
  for (std::size_t i = 0; i < samples.size();) {
    const double end = start + span * (std::floor((samples[i].time - start) / span) + 1);
    std::size_t highest = i;
    std::size_t next = i + 1;
    while (next < samples.size() && samples[next].time < end) {
      if (total(samples[next]) > total(samples[highest])) highest = next;
      ++next;
    }
    kept.push_back(samples[highest]);
    if (next - 1 != highest) kept.push_back(samples[next - 1]);
    i = next;
  }
  return kept;
}

Json series_json(const std::vector<sim::ActivationSample>& samples, double per_second) {
  Json times = Json::array();
  Json saved = Json::array();
  Json transient = Json::array();
  for (const sim::ActivationSample& sample : samples) {
    times.push_back(std::round(sample.time * per_second) / per_second);
    saved.push_back(mebi(sample.saved));
    transient.push_back(mebi(sample.transient));
  }
  return {
      {"t", std::move(times)}, {"saved", std::move(saved)}, {"transient", std::move(transient)}};
}

Json stage_json(const sim::StepTimeline& timeline, const sim::StageTimeline& stage) {
  std::vector<sim::ActivationSample> all;
  sim::Bytes highest(-1);
  std::size_t peak_slot = 0;
  SlotSamples samples(*timeline.program, stage);
  for (std::size_t i = 0; i < stage.slots.size(); ++i) {
    for (const sim::ActivationSample& sample : samples.of(stage.slots[i], false)) {
      all.push_back(sample);
      if (total(sample) > highest) {
        highest = total(sample);
        peak_slot = i;
      }
    }
  }
  all.push_back({timeline.update_start, sim::Bytes(0), sim::Bytes(0)});
  all.push_back({timeline.end, sim::Bytes(0), sim::Bytes(0)});
  const std::vector<sim::ActivationSample> near = samples.of(stage.slots[peak_slot], true);
  // The ops around the highest.
  const auto peak = std::max_element(
      near.begin(), near.end(), [](const auto& a, const auto& b) { return total(a) < total(b); });
  constexpr std::ptrdiff_t kAround = 90;
  const std::vector<sim::ActivationSample> around(peak - std::min(kAround, peak - near.begin()),
                                                  peak + std::min(kAround, near.end() - peak));
  Json standing = Json::array();
  for (std::size_t i = 0; i < sim::kMemoryRoleCount; ++i) {
    const auto role = static_cast<sim::MemoryRole>(i);
    const bool moves =
        role == sim::MemoryRole::kSavedActivations || role == sim::MemoryRole::kTransient;
    standing.push_back(moves ? 0.0 : mebi(stage.memory.by_role[i]));
  }
  constexpr double kOfStep = 1e4;
  constexpr double kOfOps = 1e6;
  return {{"name", fmt::format("stage {}", stage.stage)},
          {"standing", std::move(standing)},
          {"peak", mebi(stage.memory.peak)},
          {"step", series_json(thinned(all), kOfStep)},
          {"near", series_json(around, kOfOps)}};
}

}  // namespace

nlohmann::ordered_json memory_series(const sim::StepTimeline& timeline) {
  Json stages = Json::array();
  for (const sim::StageTimeline& stage : timeline.stages) {
    stages.push_back(stage_json(timeline, stage));
  }
  return stages;
}

}  // namespace seqspan::cli
