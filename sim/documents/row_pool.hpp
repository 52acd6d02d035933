// Rows packed of documents, and what attention over each costs.
//
// A row has s tokens, padding included. Where documents are shared out one by one (RowSplit), each
// piece of one is padded to a multiple, and kernels work on the padded piece. Steps take their rows
// from the pool at random, as loaders that shuffle rows do; where the pool is large enough, each is
// taken once.
//
//   load of a row = pairs of the busiest ring rank / those with one document of s tokens
// 1 for a row of one document; at most 1 where every rank has the same, more at worst for a row
// that is shared out whole, whose documents lie on few ranks.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/documents/length_sampler.hpp"
#include "sim/spec/documents.hpp"
#include "sim/spec/layout.hpp"

namespace seqspan::sim {

// How a row is shared out: what of a layout decides the loads.
struct RowSplit {
  std::int64_t multiple = 1;  // pieces of documents are padded to a multiple of it
  std::int64_t ring = 1;      // ranks that share out the whole row; 1: it is shared evenly
  RingOrder order = RingOrder::kZigzag;

  bool operator==(const RowSplit&) const = default;
};

struct RowPoolFacts {
  double mean = 0;  // of the loads
  double lowest = 0;
  double highest = 0;
  double low = 0;  // 5 % of the rows have less
  double high = 0;
  // The longest document of a row with load x is taken to be s x^exponent, from 1/2, where one
  // document has all of the pairs, to 1 for equal documents: least squares of the logarithms.
  double exponent = 1;
  double documents = 0;       // pieces of documents in a row, mean
  double longest = 0;         // of a row, share of s, mean
  double tokens = 0;          // that are no padding, share of s, mean
  double pairs = 0;           // of real tokens, over those of one document of s tokens, mean
  double ring_imbalance = 1;  // pairs of the busiest ring rank over the mean of its ring, mean
};

class RowPool {
 public:
  // `sequence` is a multiple of the split's multiple.
  RowPool(const Documents& documents, std::int64_t sequence, bool causal, const RowSplit& split,
          std::int64_t rows);

  [[nodiscard]] const std::vector<double>& loads() const { return loads_; }
  [[nodiscard]] const RowPoolFacts& facts() const { return facts_; }

 private:
  void gather_facts();

  std::vector<double> loads_;
  RowPoolFacts facts_;
};

}  // namespace seqspan::sim
