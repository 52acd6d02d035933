// The frameworks whose way of doing things seqspan knows. What each does differently is one table:
// sim/lower/framework_traits.hpp.
#pragma once

#include <cstdint>

namespace seqspan::sim {

enum class Framework : std::uint8_t { kMegatron, kDeepSpeed, kYunchang, kTorchTitan };

constexpr const char* name_of(Framework framework) {
  switch (framework) {
    case Framework::kMegatron:
      return "megatron";
    case Framework::kDeepSpeed:
      return "deepspeed";
    case Framework::kYunchang:
      return "yunchang";
    case Framework::kTorchTitan:
      return "torchtitan";
  }
  return "";
}

}  // namespace seqspan::sim
