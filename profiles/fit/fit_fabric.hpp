// From logs of one cluster to its fabric profile, and times from it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "profiles/fabric_profile/fabric_profile.hpp"
#include "profiles/import/read_log.hpp"
#include "sim/errors/error.hpp"

namespace seqspan::profiles {

// Sets of one group and variant become one curve; a group with one size is left out. In-place times
// count where a group has no others, and those of an all-reduce beside the others: it moves the
// same bytes over the same links.
// The profile holds no clock: the same logs give the same profile.
// Error: kInput where no group has two sizes.
[[nodiscard]] sim::Result<FabricProfile> fit_fabric(const std::string& name,
                                                    const std::vector<ImportedLog>& logs);

enum class PredictedBy : std::uint8_t {
  kCurve,    // the group was measured
  kSibling,  // an all-gather's curve for a reduce-scatter, or the other way round
  kLinks,    // the parameters of the links
};
[[nodiscard]] const char* name_of(PredictedBy by);

struct Prediction {
  sim::Seconds time;
  PredictedBy by = PredictedBy::kCurve;
};

// Curve, else sibling, else links. Of several variants the one without a name, else the first.
// Sibling: sibling_curve.hpp.
[[nodiscard]] std::optional<Prediction> predict(const FabricProfile& profile,
                                                const MeasuredGroup& group, sim::Bytes size);

}  // namespace seqspan::profiles
