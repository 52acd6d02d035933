#include "cli/commands/what_if.hpp"

#include <fmt/format.h>

#include "cli/commands/job.hpp"
#include "sim/layout/legality.hpp"
#include "sim/layout/resolve.hpp"
#include "sim/spec/layout_text.hpp"

namespace seqspan::cli {
namespace {

constexpr std::size_t kMostCombinations = 10000;
constexpr double kTightShare = 0.05;
constexpr std::string_view kLayoutPrefix = "layout.";

MemoryVerdict verdict_of(sim::Bytes peak, sim::Bytes capacity) {
  if (peak > capacity) return MemoryVerdict::kOver;
  const auto free = static_cast<double>((capacity - peak).value());
  return free < kTightShare * static_cast<double>(capacity.value()) ? MemoryVerdict::kTight
                                                                    : MemoryVerdict::kFits;
}

// One combination: the job read with its settings, the layout with its keys.
class Combination {
 public:
  Combination(const MemoryArguments& arguments, const sim::LayoutChoice& choice,
              std::vector<std::string> values)
      : job_(arguments.job), choice_(choice), longest_(arguments.longest) {
    result_.values = std::move(values);
  }

  sim::Result<WhatIf> answer(const std::vector<Sweep>& sweeps) {
    for (std::size_t i = 0; i < sweeps.size(); ++i) {
      if (auto set = vary(sweeps[i].path, result_.values[i]); !set) {
        return tl::unexpected(set.error());
      }
    }
    const auto job = read_job(job_);
    if (!job) return tl::unexpected(at_sweep(job.error(), sweeps));
    const sim::LayoutChoice choice = sim::override_with(choice_, job->layout);
    result_.capacity = job->cluster.device.memory;
    result_.layout = sim::resolve(*job, choice);
    if (const auto code = sim::broken_rule(*job, result_.layout); code && !longest_) {
      result_.code = sim::facts_of(*code).name;
      result_.reason = sim::describe(*code, *job, result_.layout);
      return result_;
    }
    return longest_ ? of_longest(*job, choice) : of_job(*job);
  }

 private:
  // A value is read like one of --set, but that is not where it was typed.
  [[nodiscard]] sim::Error at_sweep(sim::Error error, const std::vector<Sweep>& sweeps) const {
    for (std::size_t i = 0; i < sweeps.size(); ++i) {
      const std::string setting = sweeps[i].path + "=" + result_.values[i];
      const std::string read_at = "--set " + setting;
      if (error.where.rfind(read_at, 0) != 0) continue;
      error.where.replace(0, read_at.size(), "--sweep " + setting);
      break;
    }
    return error;
  }

  sim::Result<void> vary(const std::string& path, const std::string& value) {
    if (path.rfind(kLayoutPrefix, 0) != 0) {
      job_.settings.push_back(path + "=" + value);
      return {};
    }
    const auto key = sim::read_layout(path.substr(kLayoutPrefix.size()) + "=" + value);
    if (!key) {
      sim::Error error = key.error();
      error.where = fmt::format("--sweep {}={}", path, value);
      return tl::unexpected(std::move(error));
    }
    choice_ = sim::override_with(*key, choice_);
    return {};
  }

  sim::Result<WhatIf> of_job(const sim::Job& job) {
    sim::Simulator simulator(job);
    if (auto ok = simulator.check(); !ok) return tl::unexpected(ok.error());
    take(simulator.simulate(result_.layout).peak);
    return result_;
  }

  sim::Result<WhatIf> of_longest(const sim::Job& job, const sim::LayoutChoice& choice) {
    const auto longest = planner::longest_sequence(job, choice);
    if (!longest) {
      // The same for every length, so it is the layout's.
      sim::Job at_unit = job;
      at_unit.training.sequence_length = 2 * result_.layout.cp() * result_.layout.tp * 1024;
      const auto code = sim::broken_rule(at_unit, result_.layout);
      if (!code) return tl::unexpected(longest.error());
      result_.code = sim::facts_of(*code).name;
      result_.reason = sim::describe(*code, at_unit, result_.layout);
      return result_;
    }
    result_.longest = *longest;
    take(longest->memory);
    if (longest->tokens == 0) result_.verdict = MemoryVerdict::kOver;
    return result_;
  }

  void take(const sim::StageMemory& memory) {
    result_.peak = memory.peak;
    result_.by_role = memory.by_role;
    result_.verdict = verdict_of(memory.peak, result_.capacity);
  }

  JobArguments job_;
  sim::LayoutChoice choice_;
  bool longest_;
  WhatIf result_;
};

}  // namespace

const char* name_of(MemoryVerdict verdict) {
  switch (verdict) {
    case MemoryVerdict::kFits:
      return "fits";
    case MemoryVerdict::kTight:
      return "tight";
    case MemoryVerdict::kOver:
      return "over";
    case MemoryVerdict::kRefused:
      return "refused";
  }
  return "";
}

sim::Result<std::vector<WhatIf>> what_if(const MemoryArguments& arguments) {
  const sim::Result<sim::LayoutChoice> choice = sim::read_layout(arguments.layout);
  if (!choice) return tl::unexpected(choice.error());
  std::size_t count = 1;
  for (const Sweep& sweep : arguments.sweeps) {
    count *= sweep.values.size();
    if (count > kMostCombinations) {
      return sim::input_error(fmt::format("more than {} combinations", kMostCombinations),
                              "--sweep", {}, "leave out some values");
    }
  }
  std::vector<WhatIf> answers;
  for (std::size_t i = 0; i < count; ++i) {
    std::vector<std::string> values(arguments.sweeps.size());
    std::size_t rest = i;
    for (std::size_t sweep = values.size(); sweep-- > 0;) {
      const auto& all = arguments.sweeps[sweep].values;
      values[sweep] = all[rest % all.size()];
      rest /= all.size();
    }
    auto answer = Combination(arguments, *choice, std::move(values)).answer(arguments.sweeps);
    if (!answer) return tl::unexpected(answer.error());
    answers.push_back(*std::move(answer));
  }
  return answers;
}

}  // namespace seqspan::cli
