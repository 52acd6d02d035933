// bf16: the upper half of an fp32, rounded to nearest, ties to even; NaN stays NaN.
#pragma once

#include <bit>
#include <cstdint>

namespace seqspan::real {

enum class BFloat16 : std::uint16_t {};

[[nodiscard]] constexpr float to_float(BFloat16 value) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(value) << 16U);
}

[[nodiscard]] constexpr BFloat16 to_bfloat16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  // A NaN whose low half alone says so would round to infinity.
  if ((bits & 0x7fffffffU) > 0x7f800000U) return BFloat16((bits >> 16U) | 0x0040U);
  const std::uint32_t rounding = 0x7fffU + ((bits >> 16U) & 1U);
  return BFloat16((bits + rounding) >> 16U);
}

}  // namespace seqspan::real
