// Which rows of a step go to which data parallel rank.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/spec/documents.hpp"

namespace seqspan::sim {

// Deals rows out to ranks, as many to each. `loads`: of all rows of a step, in the loader's order,
// a multiple of `ranks` x `micro_batch` of them; on return in the order that ranks work on them:
// micro-batch by micro-batch, in each rank by rank, in each row by row.
//   as they come  nothing moves: rank k begins with rows k b to (k + 1) b - 1
//   sorted        the heaviest first: ranks work on neighbours in that order at a time
//   balanced      the heaviest row to the rank with the lowest sum that has room (longest
//                 processing time first, Graham 1969); each rank works on its heaviest first, so
//                 that ranks that wait for each other at every micro-batch work on alike ones
class Assigner {
 public:
  Assigner(Assignment assignment, std::int64_t ranks, std::int64_t micro_batch)
      : assignment_(assignment), ranks_(ranks), micro_batch_(micro_batch) {}

  void assign(std::span<double> loads);

 private:
  void balance(std::span<double> sorted);

  Assignment assignment_;
  std::int64_t ranks_;
  std::int64_t micro_batch_;
  struct Rank {
    double sum = 0;
    std::size_t rank = 0;
    std::size_t rows = 0;
  };
  std::vector<Rank> heap_;
  std::vector<double> dealt_;
};

}  // namespace seqspan::sim
