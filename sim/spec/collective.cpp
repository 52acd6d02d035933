#include "sim/spec/collective.hpp"

namespace seqspan::sim {

const char* name_of(Collective collective) {
  switch (collective) {
    case Collective::kAllToAll:
      return "all_to_all";
    case Collective::kAllGather:
      return "all_gather";
    case Collective::kReduceScatter:
      return "reduce_scatter";
    case Collective::kAllReduce:
      return "all_reduce";
    case Collective::kRingShift:
      return "ring_shift";
    case Collective::kPointToPoint:
      return "point_to_point";
  }
  return "";
}

}  // namespace seqspan::sim
