// Documents one after the other, as long as a row takes them.
#pragma once

#include <algorithm>
#include <cstdint>

#include "sim/documents/length_sampler.hpp"
#include "sim/spec/documents.hpp"

namespace seqspan::sim {

class DocumentStream {
 public:
  // `longest`: tokens of a row.
  DocumentStream(const Documents& documents, std::int64_t longest)
      : sampler_(documents.lengths),
        random_(mixed(static_cast<std::uint64_t>(documents.seed))),
        too_long_(documents.too_long),
        longest_(longest) {}

  // The next document: longer ones are dropped, or left to the row to cut.
  std::int64_t next() {
    std::int64_t length = sampler_.draw(random_);
    // A job of which hardly any is left is refused (profiles/read_job.hpp): this only bounds the
    // loop.
    for (int tries = 0; too_long_ == TooLong::kDrop && length > longest_ && tries < kMostDropped;
         ++tries) {
      length = sampler_.draw(random_);
    }
    return too_long_ == TooLong::kDrop ? std::min(length, longest_) : length;
  }

 private:
  static constexpr int kMostDropped = 100'000;

  LengthSampler sampler_;
  RandomStream random_;
  TooLong too_long_;
  std::int64_t longest_;
};

}  // namespace seqspan::sim
