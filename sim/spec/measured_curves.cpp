#include "sim/spec/measured_curves.hpp"

#include <algorithm>

namespace seqspan::sim {

const char* name_of(TimedBy by) {
  switch (by) {
    case TimedBy::kModel:
      return "model";
    case TimedBy::kMeasurement:
      return "measurement";
    case TimedBy::kSibling:
      return "sibling";
  }
  return "";
}

void MeasuredCurves::add(GroupCurve curve) {
  std::erase_if(curves_, [&](const GroupCurve& old) {
    return old.collective == curve.collective && old.size == curve.size &&
           old.per_domain == curve.per_domain && old.siblings == curve.siblings;
  });
  curves_.push_back(std::move(curve));
}

const GroupCurve* MeasuredCurves::find(Collective collective, std::int64_t size,
                                       std::int64_t per_domain, Siblings siblings) const {
  const auto found = std::find_if(curves_.begin(), curves_.end(), [&](const GroupCurve& curve) {
    return curve.collective == collective && curve.size == size && curve.per_domain == per_domain &&
           curve.siblings == siblings;
  });
  return found == curves_.end() ? nullptr : &*found;
}

}  // namespace seqspan::sim
