#include "cli/commands/plan.hpp"

#include <fmt/format.h>

#include "cli/commands/job.hpp"
#include "cli/interrupt.hpp"
#include "cli/progress.hpp"
#include "cli/render/plan_report.hpp"
#include "cli/render/result_json.hpp"
#include "cli/render/training_answer.hpp"
#include "cli/write_file.hpp"
#include "planner/plan.hpp"
#include "sim/units/format_units.hpp"

namespace seqspan::cli {

namespace {

// What is said: a plan of a job, and of the whole run where that was asked for.
struct Answer {
  sim::Job job;
  JobArguments given;
  planner::Plan plan;
  std::optional<TrainingAnswer> training;
};

void add_run(Answer& answer, const TrainingQuestion& question) {
  TrainingAnswer& training = *answer.training;
  training.question = question;
  training.law = planner::step_law(answer.job.model, question.budget);
  training.batch_ratio = planner::batch_ratio(answer.job, training.law);
  if (answer.plan.best.empty()) return;
  const sim::Seconds step = answer.plan.best.front().simulation.time.step;
  training.run = planner::training_run(answer.job, step, question.budget, question.price);
  training.meets_deadline = !question.deadline || training.run->time <= *question.deadline;
}

sim::Result<void> choose_cluster(Answer& answer, const TrainingQuestion& question,
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
  answer.job = std::move(*choice->job);
  answer.plan = std::move(*choice->plan);
  return {};
}

sim::Result<Answer> answer_of(const PlanArguments& arguments, Output& output) {
  sim::Result<sim::Job> job = read_job(arguments.job);
  if (!job) return tl::unexpected(job.error());
  Answer answer{std::move(*job), arguments.job, {}, {}};
  const Interrupt interrupt;
  Progress progress(output, "searching");
  planner::PlanOptions options;
  options.best = arguments.best;
  options.objective = arguments.objective;
  options.also = arguments.also;
  options.stop = &interrupt.flag();
  options.progress = [&progress](double done) { progress.show(done); };
  if (arguments.training) answer.training.emplace();
  if (arguments.training && arguments.training->minimize) {
    const sim::Result<void> chosen = choose_cluster(answer, *arguments.training, options);
    if (!chosen) return tl::unexpected(chosen.error());
  } else {
    sim::Simulator simulator(answer.job);
    if (const sim::Result<void> ok = simulator.check(); !ok) return tl::unexpected(ok.error());
    answer.plan = planner::make_plan(simulator, options);
  }
  if (arguments.training) add_run(answer, *arguments.training);
  return answer;
}

std::string json_of(const Answer& answer) {
  return plan_json(answer.job, answer.given, answer.plan,
                   answer.training ? &*answer.training : nullptr);
}

void print(const Answer& answer, Output& output) {
  const Style& style = output.style();
  const bool none_in_time =
      answer.training && answer.training->question.minimize && !answer.training->chosen;
  if (none_in_time) {
    output.answer(bold(style, "No cluster is done in time.") + "\n");
  } else {
    output.answer(plan_report(style, answer.job, answer.plan));
  }
  if (answer.training) {
    output.answer(clusters_section(style, answer.job, *answer.training));
    output.answer(training_section(style, answer.job, *answer.training));
  }
  print_warnings(answer.job, output);
  if (answer.training) {
    const std::string warning = batch_warning(answer.job, *answer.training);
    if (!warning.empty()) output.warning(warning);
  }
  output.message(
      fmt::format("searched in {}\n", sim::format_time(sim::Seconds(answer.plan.search_seconds))));
  if (none_in_time) return;
  output.answer(next_commands(style, answer.job, answer.plan, command_text(answer.given)));
}

}  // namespace

sim::Result<ExitCode> plan_command(const PlanArguments& arguments, const DisplayOptions& display,
                                   Output& output) {
  const sim::Result<Answer> answer = answer_of(arguments, output);
  if (!answer) return tl::unexpected(answer.error());
  if (answer->plan.interrupted) {
    output.warning("interrupted: this is the best of what was seen, not of all");
  }
  // The file first: it is whole even if nobody reads the rest.
  const bool to_answers = display.json || arguments.output_file == "-";
  const bool to_file = !arguments.output_file.empty() && arguments.output_file != "-";
  const std::string json = to_answers || to_file ? json_of(*answer) : "";
  if (to_file) {
    const sim::Result<void> written = write_file(arguments.output_file, json);
    if (!written) return tl::unexpected(written.error());
  }
  if (to_answers) {
    output.answer(json);
  } else {
    print(*answer, output);
  }
  if (to_file) output.message(fmt::format("wrote {}\n", arguments.output_file));
  const bool in_time = !answer->training || answer->training->meets_deadline;
  return answer->plan.best.empty() || !in_time ? ExitCode::kNo : ExitCode::kDone;
}

}  // namespace seqspan::cli
