// The expected time of a step whose micro-batches have documents of different lengths.
//
// Documents change attention and nothing else: rows have s tokens either way. A micro-batch with
// load x (sim/documents/row_pool.hpp) has x times the pairs of every attention op, and its longest
// document is taken to have s x^exponent tokens. The program is written for the mean load of all
// rows, and read as any program. How long forward and backward of a micro-batch take at other loads
// is read at the points of a grid and interpolated between them; steps that were drawn then say
// what the unevenness costs:
//
//   curvature = mean over all ranks and steps of what their micro-batches take
//               - the same with the mean load in every micro-batch
//   imbalance = mean over steps of (step of the ranks that others wait for) - mean of all ranks
//   uneven    = mean over steps of (pipeline of those ranks - its busiest stage's sum)
//               - the same with the mean load in every micro-batch
//   step      = step of the program + curvature + imbalance + uneven
// Curvature is small: kernels of rows with one long document are a little slower per pair.
// A rank's step is the sum of its micro-batches. Where there is a pipeline, it is worked through
// with each micro-batch on each stage (uneven_pipeline.hpp) for some of the steps, 64 or as many as
// 2^15 tasks allow, and what it takes more than that sum is taken for all: it counts as pipeline,
// and is below 0 where heavy micro-batches come first and the ramp at the end is light. What first
// and last micro-batches and the optimizer add is as with the mean load.
#pragma once

#include <span>
#include <vector>

#include "sim/engine/document_loads.hpp"
#include "sim/engine/step_time.hpp"
#include "sim/engine/uneven_pipeline.hpp"
#include "sim/network/network.hpp"
#include "sim/program/program.hpp"
#include "sim/spec/job.hpp"

namespace seqspan::sim {

// The same op in a row with this load.
[[nodiscard]] AttentionWork at_load(AttentionWork work, double load, double exponent);

// Data parallel ranks, one after the other, that wait for each other in every micro-batch.
[[nodiscard]] std::int64_t lockstep_ranks(const Program& program, const Layout& layout);

struct Imbalance {
  Seconds mean;
  Seconds error;  // standard error of the expected step, from the number of steps that were drawn
  Seconds curvature;
  Seconds uneven;  // what pipelines take more, or less, as their micro-batches differ

  [[nodiscard]] Seconds total() const { return mean + curvature + uneven; }
};

class DocumentTime {
 public:
  // The job has documents, and outlives this.
  explicit DocumentTime(const Job& job) : job_(job), loads_(job) {}

  // Writes the mean load into the attention ops of a program that has just been lowered.
  void write_mean_load(const Layout& layout, Program& program);

  // Of that program, whose times have been read with these durations and uses. `reader` is left
  // with other stages than those of the step: explain or expose it before. Allocates nothing once
  // programs and shapes of this kind have been seen.
  [[nodiscard]] Imbalance imbalance(const Layout& layout, const Program& program,
                                    StepTimeReader& reader, std::span<const Seconds> durations,
                                    std::span<const LinkUse> uses, const HostLaunches& launches,
                                    const StepTime& time, Assignment assignment);
  // The same in parts, so that a search may stop between them. Each returns what
  // Imbalance::total() is not below; whole_imbalance() is after the other two.
  //   least_   reads micro-batches of all loads. A pipeline takes no less than all work of any of
  //            its stages, behind the forwards and before the backwards of one micro-batch on the
  //            stages in front of it; with the mean load in every micro-batch it takes no longer
  //            than one whose stages are all as slow as the slowest and hold what they hand over.
  //            `again`: the last micro-batches that were read are of the same program and stages
  //   closer_  works the pipeline with the mean load through
  [[nodiscard]] Seconds least_imbalance(const Layout& layout, const Program& program,
                                        StepTimeReader& reader, std::span<const Seconds> durations,
                                        std::span<const LinkUse> uses, const HostLaunches& launches,
                                        const StepTime& time, Assignment assignment,
                                        bool again = false);
  [[nodiscard]] Seconds closer_imbalance(const Program& program);
  [[nodiscard]] Imbalance whole_imbalance(const Program& program);

  // No expected step is below: as least_step.hpp has it, with as many pairs as rows have on average
  // and no kernel that waits for its longest document. 0 where groups are as each document needs.
  [[nodiscard]] Seconds least_step(const Program& program, std::span<const Seconds> durations,
                                   const HostLaunches& launches);

  [[nodiscard]] const RowPoolFacts& facts() const { return rows_->pool.facts(); }
  [[nodiscard]] const StepLoads& steps() const { return *steps_; }

 private:
  void read_points(const Program& program, StepTimeReader& reader,
                   std::span<const Seconds> durations, std::span<const LinkUse> uses,
                   const HostLaunches& launches);
  void read_point(std::size_t point, const Program& program, StepTimeReader& reader,
                  std::span<const LinkUse> uses, const HostLaunches& launches);
  [[nodiscard]] double on_line(std::span<const double> times, std::size_t point) const;
  [[nodiscard]] bool is_linear() const;
  void fill_between();
  [[nodiscard]] Imbalance of_sums(std::int64_t micro_batches) const;
  // Whose micro-batches differ.
  [[nodiscard]] bool has_pipeline(const Program& program) const {
    return program.pipeline_stages > 1 && rows_->grid.size() > 1;
  }
  template <class Time, class Forward, class Backward>
  [[nodiscard]] Time pipeline_step(UnevenPipelineOf<Time>& pipeline, const Program& program,
                                   const Forward& forward, const Backward& backward);
  // With the mean load in every micro-batch.
  [[nodiscard]] double even_pipeline_step(const Program& program);
  [[nodiscard]] Lanes pipeline_steps(const Program& program, std::int64_t first,
                                     std::int64_t pipelines);
  [[nodiscard]] std::int64_t pipelines_of(const Program& program) const;
  [[nodiscard]] double least_pipeline(const Program& program);
  // Of the busiest stage, with the mean load in every micro-batch.
  [[nodiscard]] double even_work(const Program& program) const;
  [[nodiscard]] double longest_even_pipeline(const Program& program) const;
  void add_pipeline(const Program& program, Imbalance& result);

  const Job& job_;
  DocumentLoads loads_;
  const DocumentLoads::Rows* rows_ = nullptr;
  const StepLoads* steps_ = nullptr;
  const std::vector<double>* micro_batch_ = nullptr;
  std::vector<std::pair<std::size_t, AttentionWork>> attention_;  // ops, with all pairs
  std::vector<Seconds> durations_;
  std::vector<StageTime> stages_;
  // By stage class, by point.
  std::vector<double> forward_;
  std::vector<double> backward_;
  std::vector<double> sum_;  // of both, of the busiest class
  Imbalance of_sums_;        // what pipelines take is missing
  double least_pipeline_ = 0;
  Seconds hand_over_;
  double even_pipeline_ = 0;  // takes more than its busiest stage, with the mean load
  std::vector<std::size_t> class_of_stage_;
  // By stage class, with the mean load.
  std::vector<double> even_forward_;
  std::vector<double> even_backward_;
  std::vector<double> mean_weights_;  // by point, of the steps whose pipelines are worked through
  // By stage class, by micro-batch, of some steps.
  std::vector<Lanes> batch_forward_;
  std::vector<Lanes> batch_backward_;
  InterleavedOrder orders_;  // of both
  UnevenPipeline even_pipeline_of_;
  UnevenPipelineOf<Lanes> pipelines_;
};

}  // namespace seqspan::sim
