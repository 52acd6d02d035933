#include "profiles/fabric_profile/fabric_profile.hpp"

namespace seqspan::profiles {

const char* name_of(SwitchKind kind) {
  switch (kind) {
    case SwitchKind::kSlower:
      return "slower";
    case SwitchKind::kFaster:
      return "faster";
    case SwitchKind::kFalls:
      return "falls";
  }
  return "";
}

}  // namespace seqspan::profiles
