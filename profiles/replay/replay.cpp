#include "profiles/replay/replay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "profiles/read_job.hpp"
#include "sim/engine/simulator.hpp"
#include "sim/layout/legality.hpp"
#include "sim/layout/resolve.hpp"
#include "sim/spec/layout_text.hpp"
#include "sim/spec/model_flops.hpp"

namespace seqspan::profiles {
namespace {

sim::Result<sim::Job> job_of(const ReplayCase& source, const ReplayRow& row,
                             const std::filesystem::path& data_root) {
  JobOptions options;
  options.model = source.model;
  options.cluster = source.cluster;
  options.framework = source.framework;
  options.sequence_length = std::to_string(row.sequence_length);
  options.global_batch_size = std::to_string(row.global_batch_size);
  options.settings = source.settings;
  options.settings.insert(options.settings.end(), row.settings.begin(), row.settings.end());
  return make_job(options, data_root);
}

double gib(sim::Bytes bytes) {
  return static_cast<double>(bytes.value()) / static_cast<double>(sim::kGibi);
}

// Without NCCL's buffers and the CUDA context, which PyTorch's allocator does not count.
double allocated_gib(const sim::StageMemory& peak) {
  sim::Bytes bytes = peak.peak;
  bytes -= peak.by_role[static_cast<std::size_t>(sim::MemoryRole::kCommunicationBuffers)];
  bytes -= peak.by_role[static_cast<std::size_t>(sim::MemoryRole::kRuntime)];
  return gib(bytes);
}

// TFLOP/s per GPU of one pass of attention alone; `factor`: of the FLOPs of forward.
double attention_tflops(const sim::Job& job, double factor, sim::Seconds time) {
  const sim::Flops forward =
      sim::attention_flops(job.model, sim::Tokens(job.training.sequence_length), job.training.mask);
  const auto sequences = static_cast<double>(job.training.global_batch_size);
  const auto gpus = static_cast<double>(job.cluster.gpu_count());
  return factor * sequences * forward.value() / time.value() / gpus / 1e12;
}

// TFLOP/s per GPU of a step, with every query counted as seeing all keys.
double full_square_tflops(const sim::Job& job, sim::Seconds step) {
  const sim::Flops sequence = sim::model_flops(job.model, sim::Tokens(job.training.sequence_length),
                                               sim::AttentionMask::kFull);
  const auto sequences = static_cast<double>(job.training.global_batch_size);
  const auto gpus = static_cast<double>(job.cluster.gpu_count());
  return sequences * sequence.value() / step.value() / gpus / 1e12;
}

// TFLOP/s of one GPU at most.
double peak_tflops(const sim::Job& job) {
  const sim::DeviceProfile& device = job.cluster.device;
  const bool is_fp8 = job.training.linear_precision == sim::LinearPrecision::kFloat8;
  return std::max(device.peak_bf16.value(), is_fp8 ? device.peak_fp8.value() : 0) / 1e12;
}

// Model TFLOP/s per GPU that a measured figure stands for; those of the step and of the tokens
// follow from what was predicted for the same step.
std::optional<double> implied_tflops(const sim::Job& job, const sim::Simulation& simulation,
                                     const ReplayComparison& figure) {
  const double predicted = simulation.model_flops_per_gpu.value() / 1e12;
  switch (figure.quantity) {
    case ReplayQuantity::kStepTime:
      return predicted * figure.predicted / figure.measured;
    case ReplayQuantity::kTflops:
    case ReplayQuantity::kAttentionForward:
    case ReplayQuantity::kAttentionBackward:
      return figure.measured;
    case ReplayQuantity::kFullSquareTflops:
    case ReplayQuantity::kTokens:
      return predicted * figure.measured / figure.predicted;
    case ReplayQuantity::kForwardIterations:
      return attention_tflops(job, 1, sim::Seconds(1 / figure.measured));
    case ReplayQuantity::kIterations:
      return attention_tflops(job, 1 + 2.5, sim::Seconds(1 / figure.measured));
    case ReplayQuantity::kPeakMemory:
    case ReplayQuantity::kReservedMemory:
      return std::nullopt;
  }
  return std::nullopt;
}

void find_impossible(const sim::Job& job, const sim::Simulation& simulation, ReplayedRow& row) {
  for (ReplayComparison& figure : row.comparisons) {
    const auto implied = implied_tflops(job, simulation, figure);
    if (!implied) continue;
    figure.implied_mfu = *implied / peak_tflops(job);
    if (*figure.implied_mfu <= 1) continue;
    row.impossible.push_back(fmt::format(
        "{}: {} {:g} {} implies {:.0f} model TFLOP/s per GPU, {:.0f} % of the {:.0f} that {} has "
        "at most: check the figure, its unit, how it counts causal attention, and the job",
        row.row.where, name_of(figure.quantity), figure.measured, unit_of(figure.quantity),
        *implied, 100 * *figure.implied_mfu, peak_tflops(job), job.cluster.device.name));
  }
}

void compare(const sim::Job& job, const sim::Simulation& simulation, ReplayedRow& row) {
  const ReplayMeasured& measured = row.row.measured;
  const auto add = [&row](ReplayQuantity quantity, double predicted, std::optional<double> value) {
    if (value) row.comparisons.push_back({quantity, predicted, *value, std::nullopt});
  };
  add(ReplayQuantity::kStepTime, simulation.time.step.value() * 1e3, measured.step_milliseconds);
  add(ReplayQuantity::kTflops, simulation.model_flops_per_gpu.value() / 1e12,
      measured.tflops_per_gpu);
  add(ReplayQuantity::kFullSquareTflops, full_square_tflops(job, simulation.time.step),
      measured.full_square_tflops_per_gpu);
  add(ReplayQuantity::kTokens, simulation.tokens_per_gpu_per_second,
      measured.tokens_per_gpu_per_second);
  add(ReplayQuantity::kPeakMemory, allocated_gib(simulation.peak), measured.peak_allocated_gib);
  if (simulation.reserved) {
    add(ReplayQuantity::kReservedMemory, gib(simulation.reserved->reserved),
        measured.peak_reserved_gib);
  }
  const sim::StepTime& time = simulation.time;
  add(ReplayQuantity::kAttentionForward, attention_tflops(job, 1, time.forward),
      measured.attention_forward_tflops);
  add(ReplayQuantity::kAttentionBackward, attention_tflops(job, 2.5, time.backward),
      measured.attention_backward_tflops);
  add(ReplayQuantity::kForwardIterations, 1 / time.forward.value(),
      measured.forward_iterations_per_second);
  add(ReplayQuantity::kIterations, 1 / time.step.value(), measured.iterations_per_second);
}

// Whether a row that ran is predicted to need more than any error of memory explains.
bool needs_far_too_much(const sim::Simulation& simulation) {
  constexpr double kFar = 1.25;
  return simulation.peak.peak / simulation.capacity > kFar;
}

// Errors: kInput, where the row is no job.
sim::Result<void> replay_row(const ReplayCase& source, const std::filesystem::path& data_root,
                             ReplayedRow& replayed) {
  ReplayRow& row = replayed.row;
  const auto job = job_of(source, row, data_root);
  if (!job) return tl::unexpected(job.error());
  sim::Simulator simulator(*job);
  for (const bool is_last : {row.smaller_layout.empty(), true}) {
    const auto choice = sim::parse_layout(row.layout);
    if (!choice) return tl::unexpected(choice.error());
    const sim::Layout layout = sim::resolve(*job, sim::override_with(*choice, job->layout));
    if (const auto code = sim::broken_rule(*job, layout)) {
      replayed.refused = sim::describe(*code, *job, layout);
      return {};
    }
    if (auto ok = simulator.check(); !ok) return ok;
    const sim::Simulation simulation = simulator.simulate(layout, true);
    if (!is_last && needs_far_too_much(simulation)) {
      row.layout = row.smaller_layout;
      continue;
    }
    replayed.fits = simulation.fits;
    compare(*job, simulation, replayed);
    find_impossible(*job, simulation, replayed);
    return {};
  }
  return {};
}

// Something that grows with the time of a step: (predicted, measured).
std::optional<std::pair<double, double>> time_of(const ReplayedRow& row) {
  for (const ReplayComparison& comparison : row.comparisons) {
    if (comparison.quantity == ReplayQuantity::kPeakMemory ||
        comparison.quantity == ReplayQuantity::kReservedMemory) {
      continue;
    }
    if (comparison.quantity == ReplayQuantity::kStepTime) {
      return std::pair(comparison.predicted, comparison.measured);
    }
    return std::pair(1 / comparison.predicted, 1 / comparison.measured);
  }
  return std::nullopt;
}

std::vector<ReplayedGroup> groups_of(const std::vector<ReplayedRow>& rows) {
  std::vector<ReplayedGroup> groups;
  std::vector<std::string> names;
  for (const ReplayedRow& row : rows) {
    const std::string& name = row.row.group;
    if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end()) {
      names.push_back(name);
    }
  }
  for (const std::string& name : names) {
    ReplayedGroup group;
    group.name = name;
    std::vector<std::pair<double, double>> times;
    std::vector<const ReplayedRow*> members;
    for (const ReplayedRow& row : rows) {
      const auto time = row.row.group == name ? time_of(row) : std::nullopt;
      if (!time) continue;
      times.push_back(*time);
      members.push_back(&row);
    }
    group.rows = times.size();
    if (times.empty()) continue;
    const auto layout_at = [&](auto found) {
      return members[static_cast<std::size_t>(found - times.begin())]->row.layout;
    };
    group.picked = layout_at(std::min_element(times.begin(), times.end()));
    group.fastest =
        layout_at(std::min_element(times.begin(), times.end(), [](const auto& a, const auto& b) {
          return a.second < b.second;
        }));
    group.tau = kendall_tau(times);
    group.regret = regret(times);
    groups.push_back(std::move(group));
  }
  return groups;
}

}  // namespace

const char* name_of(ReplayQuantity quantity) {
  switch (quantity) {
    case ReplayQuantity::kStepTime:
      return "step time";
    case ReplayQuantity::kTflops:
      return "model FLOPs";
    case ReplayQuantity::kFullSquareTflops:
      return "model FLOPs of the full square";
    case ReplayQuantity::kTokens:
      return "tokens";
    case ReplayQuantity::kPeakMemory:
      return "peak memory";
    case ReplayQuantity::kReservedMemory:
      return "reserved memory";
    case ReplayQuantity::kAttentionForward:
      return "attention, forward";
    case ReplayQuantity::kAttentionBackward:
      return "attention, backward";
    case ReplayQuantity::kForwardIterations:
      return "forward";
    case ReplayQuantity::kIterations:
      return "forward and backward";
  }
  return "";
}

const char* unit_of(ReplayQuantity quantity) {
  switch (quantity) {
    case ReplayQuantity::kStepTime:
      return "ms";
    case ReplayQuantity::kTflops:
    case ReplayQuantity::kFullSquareTflops:
      return "TFLOP/s per GPU";
    case ReplayQuantity::kTokens:
      return "per GPU and second";
    case ReplayQuantity::kPeakMemory:
    case ReplayQuantity::kReservedMemory:
      return "GiB";
    case ReplayQuantity::kAttentionForward:
    case ReplayQuantity::kAttentionBackward:
      return "TFLOP/s per GPU";
    case ReplayQuantity::kForwardIterations:
    case ReplayQuantity::kIterations:
      return "per second";
  }
  return "";
}

ErrorSummary Replay::errors(ReplayQuantity quantity) const {
  std::vector<double> errors;
  for (const ReplayedRow& row : rows) {
    for (const ReplayComparison& comparison : row.comparisons) {
      if (comparison.quantity == quantity) errors.push_back(comparison.error());
    }
  }
  return summarise(std::move(errors));
}

std::pair<std::size_t, std::size_t> Replay::out_of_memory() const {
  std::size_t measured = 0;
  std::size_t predicted = 0;
  for (const ReplayedRow& row : rows) {
    if (!row.row.measured.out_of_memory || !row.row.left_out.empty()) continue;
    ++measured;
    if (!row.fits) ++predicted;
  }
  return {measured, predicted};
}

sim::Result<Replay> replay(const ReplayCase& source, const std::filesystem::path& data_root) {
  Replay result;
  result.source = source;
  if (!source.left_out.empty()) return result;
  std::optional<sim::Error> first_error;
  for (const ReplayRow& row : source.rows) {
    ReplayedRow& replayed = result.rows.emplace_back();
    replayed.row = row;
    if (!row.left_out.empty()) continue;
    const auto ok = replay_row(source, data_root, replayed);
    if (ok) continue;
    if (!source.translated) return tl::unexpected(ok.error());
    replayed.row.left_out = ok.error().what;
    if (first_error) continue;
    first_error = ok.error();
    first_error->where = row.where;  // settings of a translated row stand in no file
  }
  const bool has_rows =
      std::any_of(result.rows.begin(), result.rows.end(),
                  [](const ReplayedRow& row) { return row.row.left_out.empty(); });
  if (first_error && !has_rows) return tl::unexpected(*first_error);
  result.groups = groups_of(result.rows);
  return result;
}

}  // namespace seqspan::profiles
