// Times of a fabric profile against times that were measured afterwards.
#pragma once

#include <string>
#include <vector>

#include "profiles/fabric_profile/fabric_profile.hpp"
#include "profiles/import/read_log.hpp"
#include "sim/errors/error.hpp"

namespace seqspan::profiles {

// One size of one group and variant.
struct ComparedPoint {
  MeasuredGroup group;
  std::string variant;
  sim::Bytes size;
  std::int64_t runs = 1;   // that measured it
  sim::Seconds measured;   // geometric median of the runs, as a fit has it
  sim::Seconds predicted;  // by the curve of this group and variant
  bool is_fitted = false;  // the profile was fitted to this size

  // predicted / measured - 1
  [[nodiscard]] double error() const { return predicted / measured - 1; }
};

// By group, variant and size; in-place times are left out, as a fit does that has others. Error:
// kInput where the profile has no curve of a group and variant: nothing else was measured there.
[[nodiscard]] sim::Result<std::vector<ComparedPoint>> compare(const FabricProfile& profile,
                                                              const std::vector<ImportedLog>& logs);

// |error| over `points`.
[[nodiscard]] FitErrors errors_of(const std::vector<ComparedPoint>& points);

}  // namespace seqspan::profiles
