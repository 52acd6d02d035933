#include "sim/engine/document_time.hpp"

#include <algorithm>
#include <cmath>

#include "sim/documents/row_split.hpp"
#include "sim/engine/least_step.hpp"
#include "sim/engine/op_times.hpp"

namespace seqspan::sim {
namespace {

// A middle point this near to the line between the ends is on it: times grow linearly.
constexpr double kOnTheLine = 1e-9;

std::int64_t scaled(std::int64_t rows, double share) {
  return std::max<std::int64_t>(1, std::llround(static_cast<double>(rows) * share));
}

}  // namespace

AttentionWork at_load(AttentionWork work, double load, double exponent) {
  if (load == 1 || work.pairs == 0) return work;
  const double longest = std::min(1.0, std::pow(load, exponent));
  work.pairs = scaled(work.pairs, load);
  work.longest_row = scaled(work.longest_row, longest);
  work.longest_column = scaled(work.longest_column, longest);
  work.documents = load / (longest * longest);
  return work;
}

std::int64_t lockstep_ranks(const Program& program, const Layout& layout) {
  std::int64_t ranks = 1;
  for (const Op& op : program.ops) {
    const auto* work = std::get_if<Communication>(&op.work);
    if (work == nullptr || op.pass == Pass::kUpdate || op.when != When::kEvery ||
        program.group_size(work->axis) == 1) {
      continue;
    }
    switch (work->axis) {
      case Axis::kShard:
      case Axis::kExpertShard:
        return layout.dp;
      case Axis::kExpert:
      case Axis::kExpertTensor:
      case Axis::kExpertInNode:
      case Axis::kExpertAcross: {
        // Experts lie on consecutive ranks of tp x cp x dp (Megatron-LM core/parallel_state.py).
        const std::int64_t inner = layout.tp * layout.cp();
        ranks = std::max(ranks, std::min(layout.dp, divide_up(layout.ep * layout.etp, inner)));
        break;
      }
      default:
        break;
    }
  }
  while (layout.dp % ranks != 0) ++ranks;  // a group that ends inside another's
  return ranks;
}

void DocumentTime::write_mean_load(const Layout& layout, Program& program) {
  rows_ = &loads_.rows(row_split(job_, layout));
  const RowPoolFacts& facts = rows_->pool.facts();
  attention_.clear();
  for (std::size_t i = 0; i < program.ops.size(); ++i) {
    auto* work = std::get_if<AttentionWork>(&program.ops[i].work);
    if (work == nullptr) continue;
    attention_.emplace_back(i, *work);
    *work = at_load(*work, facts.mean, facts.exponent);
  }
}

// Of a kernel's time the part that all pairs take grows linearly with the load, whose mean over
// steps is known; what its longest document adds is left out.
Seconds DocumentTime::least_step(const Program& program, std::span<const Seconds> durations,
                                 const HostLaunches& launches) {
  if (job_.training.documents->context_parallel == DocumentGroups::kPerDocument) return Seconds(0);
  constexpr double kRounding = 1 - 1e-6;  // of pairs, and of sums in another order
  const double load = kRounding * std::min(rows_->mean_drawn, rows_->pool.facts().mean);
  durations_.assign(durations.begin(), durations.end());
  for (const auto& [index, work] : attention_) {
    if (work.pairs == 0) continue;
    Op op = program.ops[index];
    AttentionWork even = work;
    even.pairs = static_cast<std::int64_t>(static_cast<double>(work.pairs) * load);
    even.documents =
        load * static_cast<double>(work.longest_row) * static_cast<double>(work.longest_column);
    even.longest_row = 1;
    even.longest_column = 1;
    op.work = even;
    durations_[index] = std::min(durations[index], kernel_time(job_.cluster, op));
  }
  return kRounding * sim::least_step(program, durations_, launches);
}

void DocumentTime::read_point(std::size_t point, const Program& program, StepTimeReader& reader,
                              std::span<const LinkUse> uses, const HostLaunches& launches) {
  const double load = rows_->grid.point(point);
  for (const auto& [index, work] : attention_) {
    Op op = program.ops[index];
    op.work = at_load(work, load, rows_->pool.facts().exponent);
    durations_[index] = kernel_time(job_.cluster, op);
  }
  reader.read_stages(program, durations_, uses, &launches, stages_);
  const std::size_t points = rows_->grid.size();
  forward_.resize(stages_.size() * points);
  backward_.resize(stages_.size() * points);
  for (std::size_t c = 0; c < stages_.size(); ++c) {
    forward_[c * points + point] = stages_[c].forward.value();
    backward_[c * points + point] = stages_[c].backward.value();
  }
}

void DocumentTime::read_points(const Program& program, StepTimeReader& reader,
                               std::span<const Seconds> durations, std::span<const LinkUse> uses,
                               const HostLaunches& launches) {
  const std::size_t points = rows_->grid.size();
  durations_.assign(durations.begin(), durations.end());
  read_point(0, program, reader, uses, launches);
  if (points == 1) return;
  read_point(points - 1, program, reader, uses, launches);
  read_point(points / 2, program, reader, uses, launches);
  if (is_linear()) {
    fill_between();
  } else {
    for (std::size_t i = 1; i + 1 < points; ++i) {
      if (i != points / 2) read_point(i, program, reader, uses, launches);
    }
  }
}

double DocumentTime::on_line(std::span<const double> times, std::size_t point) const {
  const LoadGrid& grid = rows_->grid;
  const double share =
      (grid.point(point) - grid.point(0)) / (grid.point(grid.size() - 1) - grid.point(0));
  return times.front() + share * (times.back() - times.front());
}

bool DocumentTime::is_linear() const {
  const std::size_t points = rows_->grid.size();
  const auto holds = [&](std::span<const double> times) {
    for (std::size_t first = 0; first < times.size(); first += points) {
      const double expected = on_line(times.subspan(first, points), points / 2);
      if (std::abs(times[first + points / 2] - expected) > kOnTheLine * expected) return false;
    }
    return true;
  };
  return holds(forward_) && holds(backward_);
}

void DocumentTime::fill_between() {
  const std::size_t points = rows_->grid.size();
  for (std::vector<double>* times : {&forward_, &backward_}) {
    for (std::size_t first = 0; first < times->size(); first += points) {
      const std::span<double> of_class = std::span(*times).subspan(first, points);
      for (std::size_t i = 1; i + 1 < points; ++i) of_class[i] = on_line(of_class, i);
    }
  }
}

Imbalance DocumentTime::of_sums(std::int64_t micro_batches) const {
  const std::size_t points = sum_.size();
  double waited_for = 0;
  double all = 0;
  double variance = 0;
  for (std::size_t i = 0; i < points; ++i) {
    waited_for += steps_->weights[i] * sum_[i];
    all += (*micro_batch_)[i] * sum_[i] * static_cast<double>(micro_batches);
    for (std::size_t k = 0; k < points; ++k) {
      variance += sum_[i] * steps_->covariance[i * points + k] * sum_[k];
    }
  }
  const double even =
      static_cast<double>(micro_batches) * rows_->grid.interpolate(sum_, rows_->pool.facts().mean);
  if (points == 1) return {};
  // One rank is all ranks, and not only nearly so.
  if (steps_->shape.ranks == 1) all = waited_for;
  return {Seconds(waited_for - all),
          Seconds(std::sqrt(std::max(0.0, variance) / static_cast<double>(steps_->samples))),
          Seconds(all - even), Seconds(0)};
}

// Of pipelines whose micro-batch j takes forward(c, j) and backward(c, j) on a stage of class c.
template <class Time, class Forward, class Backward>
Time DocumentTime::pipeline_step(UnevenPipelineOf<Time>& pipeline, const Program& program,
                                 const Forward& forward, const Backward& backward) {
  const auto forward_of = [&](std::size_t stage, std::int64_t j) -> const Time& {
    return forward(class_of_stage_[stage], static_cast<std::size_t>(j));
  };
  const auto backward_of = [&](std::size_t stage, std::int64_t j) -> const Time& {
    return backward(class_of_stage_[stage], static_cast<std::size_t>(j));
  };
  return program.chunks_per_stage > 1
             ? pipeline.interleaved(orders_, program.pipeline_stages, program.chunks_per_stage,
                                    program.micro_batches, hand_over_, forward_of, backward_of)
             : pipeline.step(program.pipeline_stages, program.micro_batches, hand_over_, forward_of,
                             backward_of);
}

double DocumentTime::even_pipeline_step(const Program& program) {
  const std::size_t points = rows_->grid.size();
  const double mean = rows_->pool.facts().mean;
  even_forward_.clear();
  even_backward_.clear();
  for (std::size_t first = 0; first < forward_.size(); first += points) {
    const auto even = [&](const std::vector<double>& times) {
      return rows_->grid.interpolate(std::span(times).subspan(first, points), mean);
    };
    even_forward_.push_back(even(forward_));
    even_backward_.push_back(even(backward_));
  }
  const auto of = [](const std::vector<double>& times) {
    return [&times](std::size_t c, std::size_t) -> const double& { return times[c]; };
  };
  return pipeline_step(even_pipeline_of_, program, of(even_forward_), of(even_backward_));
}

// Of the steps from `first` on; the last again where there are fewer than lanes.
Lanes DocumentTime::pipeline_steps(const Program& program, std::int64_t first,
                                   std::int64_t pipelines) {
  const std::size_t points = rows_->grid.size();
  const std::size_t classes = program.stages.size();
  const auto count = static_cast<std::size_t>(program.micro_batches);
  batch_forward_.resize(classes * count);
  batch_backward_.resize(classes * count);
  for (std::size_t lane = 0; lane < Lanes::kCount; ++lane) {
    const std::int64_t step = std::min(first + static_cast<std::int64_t>(lane), pipelines - 1);
    const LoadGrid::Place* const places =
        steps_->places.data() + static_cast<std::size_t>(step) * count;
    for (std::size_t c = 0; c < classes; ++c) {
      for (std::size_t j = 0; j < count; ++j) {
        const std::size_t low = c * points + places[j].below;
        const double above = places[j].above;
        batch_forward_[c * count + j].at[lane] =
            forward_[low] + above * (forward_[low + 1] - forward_[low]);
        batch_backward_[c * count + j].at[lane] =
            backward_[low] + above * (backward_[low + 1] - backward_[low]);
      }
    }
  }
  const auto of = [count](const std::vector<Lanes>& times) {
    return [count, &times](std::size_t c, std::size_t j) -> const Lanes& {
      return times[c * count + j];
    };
  };
  return pipeline_step(pipelines_, program, of(batch_forward_), of(batch_backward_));
}

std::int64_t DocumentTime::pipelines_of(const Program& program) const {
  const std::int64_t tasks =
      program.micro_batches * program.pipeline_stages * program.chunks_per_stage;
  return std::min(steps_->sequences, pipelines_for(tasks));
}

// Of the mean pipeline of those steps less the mean of its busiest stage.
double DocumentTime::least_pipeline(const Program& program) {
  const std::size_t points = rows_->grid.size();
  const auto pipelines = static_cast<std::size_t>(pipelines_of(program));
  mean_weights_.assign(points, 0.0);
  for (std::size_t s = 0; s < pipelines; ++s) {
    for (std::size_t i = 0; i < points; ++i) {
      mean_weights_[i] += steps_->sequence_weights[s * points + i] / static_cast<double>(pipelines);
    }
  }
  // A chunk is passed in a share of the stage's time.
  const double share = 1 / static_cast<double>(program.chunks_per_stage);
  const auto shortest = [&](std::size_t stage_class) {
    const auto of = [&](const std::vector<double>& times) {
      const auto first = times.begin() + static_cast<std::ptrdiff_t>(stage_class * points);
      return *std::min_element(first, first + static_cast<std::ptrdiff_t>(points));
    };
    return share * (of(forward_) + of(backward_));
  };
  double least = 0;
  double in_front = 0;  // of the last stage of the class
  for (std::size_t c = 0; c < program.stages.size(); ++c) {
    const auto count = static_cast<double>(program.stages[c].count);
    const double pass = shortest(c) + 2 * hand_over_.value();
    double more = in_front + (count - 1) * pass;
    for (std::size_t i = 0; i < points; ++i) {
      const std::size_t at = c * points + i;
      more += mean_weights_[i] * (forward_[at] + backward_[at] - sum_[i]);
    }
    least = std::max(least, more);
    in_front += count * pass;
  }
  return least;
}

double DocumentTime::even_work(const Program& program) const {
  return static_cast<double>(program.micro_batches) *
         rows_->grid.interpolate(sum_, rows_->pool.facts().mean);
}

// Of the pipeline with the mean load less its busiest stage.
double DocumentTime::longest_even_pipeline(const Program& program) const {
  const std::size_t points = rows_->grid.size();
  const auto slowest = [&](const std::vector<double>& times) {
    double most = 0;
    for (std::size_t first = 0; first < times.size(); first += points) {
      most = std::max(most, rows_->grid.interpolate(std::span(times).subspan(first, points),
                                                    rows_->pool.facts().mean));
    }
    return most / static_cast<double>(program.chunks_per_stage) + hand_over_.value();
  };
  return longest_pipeline(program.pipeline_stages, program.chunks_per_stage, program.micro_batches,
                          slowest(forward_) + slowest(backward_)) -
         even_work(program);
}

// What pipelines take longer, or less long, than the busiest stage: of the steps that are known
// micro-batch by micro-batch, against one with the mean load in each.
void DocumentTime::add_pipeline(const Program& program, Imbalance& result) {
  const std::size_t points = rows_->grid.size();
  const std::int64_t pipelines = pipelines_of(program);
  const std::span<const double> weights = steps_->sequence_weights;
  double sum = 0;
  double squares = 0;
  constexpr auto kLanes = static_cast<std::int64_t>(Lanes::kCount);
  for (std::int64_t first = 0; first < pipelines; first += kLanes) {
    const Lanes steps = pipeline_steps(program, first, pipelines);
    for (std::int64_t s = first; s < std::min(first + kLanes, pipelines); ++s) {
      double busiest = 0;
      for (std::size_t i = 0; i < points; ++i) {
        busiest += weights[static_cast<std::size_t>(s) * points + i] * sum_[i];
      }
      const double more = steps.at[static_cast<std::size_t>(s - first)] - busiest - even_pipeline_;
      sum += more;
      squares += more * more;
    }
  }
  const auto count = static_cast<double>(pipelines);
  const double variance = std::max(0.0, squares / count - sum / count * (sum / count));
  result.uneven = Seconds(sum / count);
  result.error = Seconds(std::hypot(result.error.value(), std::sqrt(variance / count)));
}

Seconds DocumentTime::least_imbalance(const Layout& layout, const Program& program,
                                      StepTimeReader& reader, std::span<const Seconds> durations,
                                      std::span<const LinkUse> uses, const HostLaunches& launches,
                                      const StepTime& time, Assignment assignment, bool again) {
  const StepShape shape{layout.dp, layout.micro_batch, program.micro_batches,
                        lockstep_ranks(program, layout), assignment};
  steps_ = &loads_.steps(*rows_, shape);
  micro_batch_ = &loads_.micro_batch(*rows_, layout.micro_batch);
  hand_over_ = time.hand_over;
  const std::size_t points = rows_->grid.size();
  if (!again) read_points(program, reader, durations, uses, launches);
  sum_.resize(points);
  for (std::size_t i = 0; i < points; ++i) {
    const std::size_t at = time.busiest_stage_class * points + i;
    sum_[i] = forward_[at] + backward_[at];
  }
  of_sums_ = of_sums(program.micro_batches);
  if (!has_pipeline(program)) return of_sums_.total();
  class_of_stage_.clear();
  for (std::size_t c = 0; c < program.stages.size(); ++c) {
    class_of_stage_.insert(class_of_stage_.end(), static_cast<std::size_t>(program.stages[c].count),
                           c);
  }
  least_pipeline_ = least_pipeline(program);
  return of_sums_.total() + Seconds(least_pipeline_ - longest_even_pipeline(program));
}

Seconds DocumentTime::closer_imbalance(const Program& program) {
  if (!has_pipeline(program)) return of_sums_.total();
  even_pipeline_ = even_pipeline_step(program) - even_work(program);
  return of_sums_.total() + Seconds(least_pipeline_ - even_pipeline_);
}

Imbalance DocumentTime::whole_imbalance(const Program& program) {
  Imbalance result = of_sums_;
  if (has_pipeline(program)) add_pipeline(program, result);
  return result;
}

Imbalance DocumentTime::imbalance(const Layout& layout, const Program& program,
                                  StepTimeReader& reader, std::span<const Seconds> durations,
                                  std::span<const LinkUse> uses, const HostLaunches& launches,
                                  const StepTime& time, Assignment assignment) {
  (void)least_imbalance(layout, program, reader, durations, uses, launches, time, assignment);
  (void)closer_imbalance(program);
  return whole_imbalance(program);
}

}  // namespace seqspan::sim
