// How many GPUs a row is of, how they are split, and how many sequences a step has.
//
// gpus = tp x pp x cp x dp with cp = ulysses x ring, and a global batch is micro-batches x
// sequences of one x dp: what a row leaves out follows from the others.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "profiles/replay/published/format.hpp"
#include "profiles/replay/published/software.hpp"
#include "sim/errors/error.hpp"

namespace seqspan::profiles::published {

struct Degrees {
  std::int64_t tp = 1;
  std::int64_t pp = 1;
  std::int64_t ulysses = 1;
  std::int64_t ring = 1;
  std::int64_t dp = 1;
  std::int64_t gpus = 1;
  std::string kv_exchange;  // of the ring; empty: the framework's
};

// `per_node`: GPUs of a node. Appends what it takes to `assumptions`.
// Errors: kInput, without a place: what contradicts itself.
[[nodiscard]] sim::Result<Degrees> degrees_of(const RowFacts& row, const SoftwareChoice& software,
                                              std::int64_t per_node,
                                              std::vector<std::string>& assumptions);

struct Batch {
  std::int64_t global = 0;
  std::int64_t micro = 1;
  bool whole = false;  // all of a replica's at once, as a text says
};

// Errors: as above, and a row without a batch.
[[nodiscard]] sim::Result<Batch> batch_of(const RowFacts& row, std::int64_t dp,
                                          std::vector<std::string>& assumptions);

// Whether the row splits the sequence by 'cp' without saying how.
[[nodiscard]] bool has_cp(const LayoutFacts& layout);

}  // namespace seqspan::profiles::published
