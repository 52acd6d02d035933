// The single-rank answer in double precision, as the definition reads, without blocks:
//   P = softmax(q k^T / sqrt(d) where the query sees the key)    o = P v    LSE = log sum exp
//   dV = P^T dO    dP = dO v^T    dS = P (dP - sum_k P dP)    dQ = dS k / sqrt(d)
//   dK = dS^T q / sqrt(d); a KV head adds up over the query heads that read it.
#pragma once

#include <vector>

#include "tests/real/oracle/problem.hpp"

namespace seqspan::oracle {

struct Answer {
  std::vector<double> output;       // [s, b, a, d]
  std::vector<double> log_sum_exp;  // [s, b, a]
  std::vector<double> query_gradient;
  std::vector<double> key_gradient;  // [s, b, g, d]
  std::vector<double> value_gradient;
};

struct DenseInputs {
  std::vector<double> query;
  std::vector<double> key;
  std::vector<double> value;
  std::vector<double> output_gradient;
};

[[nodiscard]] Answer solve(const Sizes& sizes, const Mask& mask, const DenseInputs& inputs);
[[nodiscard]] Answer solve(const Problem& problem);

}  // namespace seqspan::oracle
