#include "profiles/import/measurement.hpp"

#include <fmt/format.h>

namespace seqspan::profiles {

std::string show(const MeasuredGroup& group) {
  return fmt::format("{}, {} ranks on {} node{}", name_of(group.collective), group.ranks,
                     group.nodes, group.nodes == 1 ? "" : "s");
}

std::string show(const MeasurementSet& set) {
  return show(set.group) + (set.in_place ? ", in place" : "") +
         (set.variant.empty() ? "" : ", " + set.variant);
}

}  // namespace seqspan::profiles
