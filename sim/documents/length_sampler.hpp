// Draws lengths of documents.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sim/documents/random_stream.hpp"
#include "sim/spec/documents.hpp"

namespace seqspan::sim {

// The x below which a standard normal number lies with probability p, 0 < p < 1. Relative error
// below 1e-15: algorithm AS 241, PPND16 (Wichura, Applied Statistics 37, 1988).
[[nodiscard]] double normal_quantile(double p);

class LengthSampler {
 public:
  // A file's lengths must have been read.
  explicit LengthSampler(const LengthSource& lengths);

  // At least 1, at most kLongestDocument.
  [[nodiscard]] std::int64_t draw(RandomStream& random) const;

 private:
  // A lognormal where sigma is set; else one of `lengths_`, by `below_` where there are several
  // with different probabilities: the sum of counts up to and with each.
  double log_median_ = 0;
  double sigma_ = -1;
  std::shared_ptr<const std::vector<std::int64_t>> lengths_;
  std::vector<std::int64_t> below_;
};

}  // namespace seqspan::sim
