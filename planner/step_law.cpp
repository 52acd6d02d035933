#include "planner/step_law.hpp"

#include <cmath>

namespace seqspan::planner {
namespace {

// Besides the embedding, and the LM head, which is its transpose.
double parameters_besides_embeddings(const sim::Model& model) {
  const auto table =
      static_cast<double>(model.vocabulary) * static_cast<double>(model.towers.front().hidden);
  const double tables = model.tied_embeddings ? 1 : 2;
  return static_cast<double>(sim::parameter_count(model)) - tables * table;
}

}  // namespace

StepLaw step_law(const sim::Model& model, sim::Tokens budget) {
  const auto tokens = static_cast<double>(budget.value());
  StepLaw law;
  law.batch = sim::Tokens(std::llround(0.58 * std::pow(tokens, 0.571)));
  law.learning_rate =
      1.79 * std::pow(parameters_besides_embeddings(model), -0.713) * std::pow(tokens, 0.307);
  return law;
}

double batch_ratio(const sim::Job& job, const StepLaw& law) {
  return static_cast<double>(job.training.global_batch_size) *
         static_cast<double>(job.training.sequence_length) / static_cast<double>(law.batch.value());
}

}  // namespace seqspan::planner
