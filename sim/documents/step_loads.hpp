// What decides the length of steps with documents, drawn many times: the attention that the ranks
// have which the others wait for.
//
// Ranks of one data parallel group wait for each other at the end of a step, or, in groups of
// `lockstep` consecutive ranks, at every micro-batch: where parameters are gathered or experts lie
// across them. Then a micro-batch takes as long as the heaviest of the group's. Of the groups the
// one with most attention over the step decides: which is exact where time grows linearly with
// attention, and too little by what unevenness within a rank costs elsewhere.
//
// Loads lie between grid points, on which times are known; a step's are kept as the weights of the
// points, so that the expected time of any layout is a scalar product.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "sim/documents/row_pool.hpp"
#include "sim/spec/documents.hpp"

namespace seqspan::sim {

// Loads from the lowest to the highest row of a pool, closer to each other where they are low:
// there times bend most, and there most rows are. One where the lowest and the highest are the
// same.
class LoadGrid {
 public:
  static constexpr std::size_t kPoints = 9;

  LoadGrid(double lowest, double highest);

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] double point(std::size_t i) const;
  // The points below and above a load, and how far up between them it lies. Of several points.
  struct Place {
    std::size_t below = 0;
    double above = 0;
  };
  [[nodiscard]] Place place_of(double load) const;
  // Adds the weights of a load: 1 in all, on the points beside it.
  void add(double load, std::span<double> weights) const;
  static void add(const Place& place, std::span<double> weights) {
    weights[place.below] += 1 - place.above;
    weights[place.below + 1] += place.above;
  }
  // The value at `load` of what is `values` at the points.
  [[nodiscard]] double interpolate(std::span<const double> values, double load) const;

 private:
  std::size_t size_;
  std::array<double, kPoints> points_{};
};

struct StepShape {
  std::int64_t ranks = 1;          // data parallel
  std::int64_t micro_batch = 1;    // rows
  std::int64_t micro_batches = 1;  // of a rank
  std::int64_t lockstep = 1;       // divides ranks
  Assignment assignment = Assignment::kAsTheyCome;

  bool operator==(const StepShape&) const = default;
};

struct StepLoads {
  StepShape shape;
  std::int64_t samples = 0;
  std::vector<double> weights;     // by point: mean over the steps
  std::vector<double> covariance;  // of the weights, points x points
  // The first steps micro-batch by micro-batch, for pipelines: where loads of the group that
  // decides lie on the grid. None where all loads are the same.
  std::int64_t sequences = 0;
  std::vector<LoadGrid::Place> places;   // sequence by sequence
  std::vector<double> sequence_weights;  // by sequence, by point
  double imbalance = 1;                  // most attention of a rank over the mean of ranks, mean
};

inline constexpr std::int64_t kMostSequences = 64;
// Pipelines of many micro-batches and stages are worked through for fewer steps: they vary less.
// Tasks: micro-batches times stages times chunks of each.
[[nodiscard]] std::int64_t pipelines_for(std::int64_t tasks);

// Rows of steps, one step after the other, taken from the pool: each once if there are as many,
// else at random.
[[nodiscard]] std::vector<double> draw_rows(const RowPool& pool, std::int64_t rows,
                                            std::int64_t seed);

// Weights of one micro-batch, whichever rank and step it belongs to: mean over all rows.
[[nodiscard]] std::vector<double> micro_batch_weights(std::span<const double> rows,
                                                      const LoadGrid& grid,
                                                      std::int64_t micro_batch);

// `rows`: of whole steps, two or more.
[[nodiscard]] StepLoads read_steps(std::span<const double> rows, const LoadGrid& grid,
                                   const StepShape& shape);

}  // namespace seqspan::sim
