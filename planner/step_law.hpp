// The global batch and learning rate that a published scaling law suggests for a token budget.
//
//   batch = 0.58 D^0.571 tokens, learning rate = 1.79 N^-0.713 D^0.307
// with D tokens to train on and N parameters besides the embeddings (of experts all of them).
// Source: Li et al., Predictable Scale: Part I, Step Law, arXiv 2503.04715 (3,700 models of 60M to
// 1B parameters, dense and mixtures of experts, at most 100B tokens each: far beyond that the law
// is extrapolated).
//
// Why a planner says it: the batch limits dp. With few long sequences in a batch, GPUs beyond dp x
// tp x pp can only share sequences, which is what context parallelism does.
#pragma once

#include "sim/spec/job.hpp"

namespace seqspan::planner {

struct StepLaw {
  sim::Tokens batch;
  double learning_rate = 0;
};

[[nodiscard]] StepLaw step_law(const sim::Model& model, sim::Tokens budget);

// Of the job's global batch: tokens over those suggested.
[[nodiscard]] double batch_ratio(const sim::Job& job, const StepLaw& law);

// A batch this many times larger or smaller than suggested is far from it: the law's own optimum is
// flat over about a factor of 2 (figure 2 of the paper).
inline constexpr double kFarBatch = 4;

}  // namespace seqspan::planner
