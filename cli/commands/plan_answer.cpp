#include "cli/commands/plan_answer.hpp"

#include <fmt/format.h>

#include "cli/commands/job.hpp"
#include "cli/interrupt.hpp"
#include "cli/progress.hpp"

namespace seqspan::cli {
namespace {

void add_run(PlanAnswer& answer, const TrainingQuestion& question) {
  TrainingAnswer& training = *answer.training;
  training.question = question;
  training.law = planner::step_law(answer.job.model, question.budget);
  training.batch_ratio = planner::batch_ratio(answer.job, training.law);
  if (answer.plan.best.empty()) return;
  const sim::Seconds step = answer.plan.best.front().simulation.time.step;
  training.run = planner::training_run(answer.job, step, question.budget, question.price);
  training.meets_deadline = !question.deadline || training.run->time <= *question.deadline;
}

sim::Result<void> choose_cluster(PlanAnswer& answer, const TrainingQuestion& question,
                                 const planner::PlanOptions& options) {
  const JobArguments given = answer.given;
  const auto with_nodes = [&given](std::int64_t nodes) {
    JobArguments of_nodes = given;
    std::erase_if(of_nodes.settings, [](const std::string& setting) {
      return setting.rfind("cluster.nodes=", 0) == 0;
    });
    of_nodes.settings.push_back(fmt::format("cluster.nodes={}", nodes));
    return of_nodes;
  };
  auto choice = planner::choose_cluster(
      [&](std::int64_t nodes) { return read_job(with_nodes(nodes)); }, answer.job.cluster.nodes,
      {*question.minimize, question.budget, question.deadline, question.price}, options);
  if (!choice) return tl::unexpected(choice.error());
  answer.training->options = std::move(choice->options);
  answer.training->chosen = choice->chosen;
  answer.plan.interrupted = choice->interrupted;
  if (!choice->chosen) return {};
  answer.given = with_nodes(answer.training->options[*choice->chosen].nodes);
  answer.asked.erase("--minimize");
  answer.job = std::move(*choice->job);
  answer.plan = std::move(*choice->plan);
  answer.plan.interrupted = choice->interrupted;  // of a later size, too
  return {};
}

// The bar is gone when it returns.
sim::Result<void> search(PlanAnswer& answer, const PlanQuestion& question, Output& output) {
  const Interrupt interrupt;
  Progress progress(output, "searching");
  planner::PlanOptions options;
  options.best = question.best;
  options.objective = question.objective;
  options.also = question.also;
  options.stop = &interrupt.flag();
  options.progress = [&progress](double done) { progress.show(done); };
  if (question.training && question.training->minimize) {
    return choose_cluster(answer, *question.training, options);
  }
  sim::Simulator simulator(answer.job);
  if (sim::Result<void> ok = simulator.check(); !ok) return ok;
  answer.plan = planner::make_plan(simulator, options);
  return {};
}

}  // namespace

sim::Result<PlanAnswer> answer_of(const PlanQuestion& question, Output& output) {
  sim::Result<sim::Job> job = read_job(question.job);
  if (!job) return tl::unexpected(job.error());
  PlanAnswer answer{std::move(*job), question.job, question.asked, {}, {}};
  if (question.training) answer.training.emplace();
  const sim::Result<void> searched = search(answer, question, output);
  if (!searched) return tl::unexpected(searched.error());
  if (question.training) add_run(answer, *question.training);
  if (answer.plan.interrupted) {
    output.warning("interrupted: this is the best of what was seen, not of all");
  }
  return answer;
}

ExitCode exit_code_of(const PlanAnswer& answer) {
  const bool in_time = !answer.training || answer.training->meets_deadline;
  return answer.plan.best.empty() || !in_time ? ExitCode::kNo : ExitCode::kDone;
}

}  // namespace seqspan::cli
