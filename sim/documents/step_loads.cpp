#include "sim/documents/step_loads.hpp"

#include <algorithm>
#include <cmath>

#include "sim/documents/assignment.hpp"
#include "sim/documents/random_stream.hpp"

namespace seqspan::sim {
namespace {

constexpr std::int64_t kMostTasks = std::int64_t{1} << 15U;
constexpr std::int64_t kFewestPipelines = 4;

// Of one step, after its rows have been assigned.
class HeaviestGroup {
 public:
  explicit HeaviestGroup(const StepShape& shape)
      : shape_(shape), load_(static_cast<std::size_t>(shape.micro_batches)), best_(load_.size()) {}

  void read(std::span<const double> rows) {
    double heaviest_rank = 0;
    double sum = 0;
    double heaviest_group = -1;
    for (std::int64_t first = 0; first < shape_.ranks; first += shape_.lockstep) {
      std::fill(load_.begin(), load_.end(), 0.0);
      for (std::int64_t rank = first; rank < first + shape_.lockstep; ++rank) {
        double of_rank = 0;
        for (std::size_t j = 0; j < load_.size(); ++j) {
          const double load = micro_batch(rows, static_cast<std::int64_t>(j), rank);
          of_rank += load;
          load_[j] = std::max(load_[j], load);
        }
        heaviest_rank = std::max(heaviest_rank, of_rank);
        sum += of_rank;
      }
      double of_group = 0;
      for (const double load : load_) of_group += load;
      if (of_group > heaviest_group) {
        heaviest_group = of_group;
        std::swap(load_, best_);
      }
    }
    imbalance_ = sum > 0 ? heaviest_rank * static_cast<double>(shape_.ranks) / sum : 1;
  }

  [[nodiscard]] std::span<const double> loads() const { return best_; }
  [[nodiscard]] double imbalance() const { return imbalance_; }

 private:
  [[nodiscard]] double micro_batch(std::span<const double> rows, std::int64_t j,
                                   std::int64_t rank) const {
    const std::int64_t first = (j * shape_.ranks + rank) * shape_.micro_batch;
    if (shape_.micro_batch == 1) return rows[static_cast<std::size_t>(first)];
    double sum = 0;
    for (std::int64_t row = first; row < first + shape_.micro_batch; ++row) {
      sum += rows[static_cast<std::size_t>(row)];
    }
    return sum / static_cast<double>(shape_.micro_batch);
  }

  StepShape shape_;
  std::vector<double> load_;
  std::vector<double> best_;
  double imbalance_ = 1;
};

}  // namespace

LoadGrid::LoadGrid(double lowest, double highest) : size_(highest > lowest ? kPoints : 1) {
  for (std::size_t i = 0; i < kPoints; ++i) {
    const double along = static_cast<double>(i) / static_cast<double>(kPoints - 1);
    points_[i] = lowest + (highest - lowest) * along * along;
  }
  points_[kPoints - 1] = highest;
}

double LoadGrid::point(std::size_t i) const { return points_[i]; }

LoadGrid::Place LoadGrid::place_of(double load) const {
  const double share = (load - points_.front()) / (points_.back() - points_.front());
  const double along = std::sqrt(std::clamp(share, 0.0, 1.0)) * static_cast<double>(kPoints - 1);
  const std::size_t below = std::min(static_cast<std::size_t>(along), kPoints - 2);
  const double above = (load - points_[below]) / (points_[below + 1] - points_[below]);
  return {below, std::clamp(above, 0.0, 1.0)};
}

void LoadGrid::add(double load, std::span<double> weights) const {
  if (size_ == 1) {
    weights[0] += 1;
    return;
  }
  add(place_of(load), weights);
}

double LoadGrid::interpolate(std::span<const double> values, double load) const {
  if (size_ == 1) return values[0];
  const auto [below, above] = place_of(load);
  return values[below] + above * (values[below + 1] - values[below]);
}

std::int64_t pipelines_for(std::int64_t tasks) {
  return std::clamp(kMostTasks / tasks, kFewestPipelines, kMostSequences);
}

std::vector<double> draw_rows(const RowPool& pool, std::int64_t rows, std::int64_t seed) {
  const std::vector<double>& loads = pool.loads();
  const auto count = static_cast<std::size_t>(rows);
  if (count <= loads.size()) {
    return {loads.begin(), loads.begin() + static_cast<std::ptrdiff_t>(count)};
  }
  std::vector<double> drawn(count);
  RandomStream random(mixed(mixed(static_cast<std::uint64_t>(seed))));
  for (double& row : drawn) row = loads[random.below(loads.size())];
  return drawn;
}

std::vector<double> micro_batch_weights(std::span<const double> rows, const LoadGrid& grid,
                                        std::int64_t micro_batch) {
  std::vector<double> weights(grid.size());
  const auto batch = static_cast<std::size_t>(micro_batch);
  for (std::size_t first = 0; first < rows.size(); first += batch) {
    double sum = 0;
    for (std::size_t i = first; i < first + batch; ++i) sum += rows[i];
    grid.add(sum / static_cast<double>(batch), weights);
  }
  const double count = static_cast<double>(rows.size()) / static_cast<double>(batch);
  for (double& weight : weights) weight /= count;
  return weights;
}

StepLoads read_steps(std::span<const double> rows, const LoadGrid& grid, const StepShape& shape) {
  const std::size_t points = grid.size();
  const auto of_step =
      static_cast<std::size_t>(shape.ranks * shape.micro_batch * shape.micro_batches);
  const auto steps = static_cast<std::int64_t>(rows.size() / of_step);
  StepLoads result;
  result.shape = shape;
  result.samples = steps;
  // Of two stages or more.
  result.sequences = std::min(steps, pipelines_for(2 * shape.micro_batches));
  result.weights.assign(points, 0);
  result.covariance.assign(points * points, 0);
  if (points > 1) {
    result.places.reserve(static_cast<std::size_t>(result.sequences * shape.micro_batches));
  }
  result.sequence_weights.reserve(static_cast<std::size_t>(result.sequences) * points);
  result.imbalance = 0;
  std::vector<double> step_rows(of_step);
  std::vector<double> weights(points);
  std::vector<double> delta(points);
  Assigner assigner(shape.assignment, shape.ranks, shape.micro_batch);
  HeaviestGroup heaviest(shape);
  for (std::int64_t step = 0; step < steps; ++step) {
    const auto first = static_cast<std::ptrdiff_t>(static_cast<std::size_t>(step) * of_step);
    std::copy_n(rows.begin() + first, of_step, step_rows.begin());
    assigner.assign(step_rows);
    heaviest.read(step_rows);
    std::fill(weights.begin(), weights.end(), 0.0);
    const bool is_kept = points > 1 && step < result.sequences;
    for (const double load : heaviest.loads()) {
      if (!is_kept) {
        grid.add(load, weights);
        continue;
      }
      result.places.push_back(grid.place_of(load));
      LoadGrid::add(result.places.back(), weights);
    }
    result.imbalance += heaviest.imbalance() / static_cast<double>(steps);
    // Means and sums of products of what deviates from them, step by step (Welford 1962).
    const auto seen = static_cast<double>(step + 1);
    for (std::size_t i = 0; i < points; ++i) {
      delta[i] = weights[i] - result.weights[i];
      result.weights[i] += delta[i] / seen;
    }
    for (std::size_t i = 0; i < points; ++i) {
      for (std::size_t k = 0; k < points; ++k) {
        result.covariance[i * points + k] += delta[i] * (weights[k] - result.weights[k]);
      }
    }
    if (step >= result.sequences) continue;
    result.sequence_weights.insert(result.sequence_weights.end(), weights.begin(), weights.end());
  }
  for (double& product : result.covariance) product /= static_cast<double>(steps - 1);
  return result;
}

}  // namespace seqspan::sim
