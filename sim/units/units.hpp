// The units of seqspan. Bandwidths are decimal (GB/s = 10^9 bytes per second), as in nccl-tests
// and in vendors' data sheets; memory is counted in bytes and shown in GiB (2^30).
#pragma once

#include <cstdint>

#include "sim/units/quantity.hpp"

namespace seqspan::sim {

using Bytes = Quantity<struct BytesDimension, std::int64_t>;
using Tokens = Quantity<struct TokensDimension, std::int64_t>;
using Seconds = Quantity<struct SecondsDimension, double>;
using Flops = Quantity<struct FlopsDimension, double>;  // floating point operations, not a rate
using BytesPerSecond = Quantity<struct BytesPerSecondDimension, double>;
using FlopsPerSecond = Quantity<struct FlopsPerSecondDimension, double>;
using TokensPerSecond = Quantity<struct TokensPerSecondDimension, double>;

constexpr Seconds operator/(Bytes bytes, BytesPerSecond rate) {
  return Seconds(static_cast<double>(bytes.value()) / rate.value());
}
constexpr Seconds operator/(Flops flops, FlopsPerSecond rate) {
  return Seconds(flops.value() / rate.value());
}
constexpr FlopsPerSecond operator/(Flops flops, Seconds time) {
  return FlopsPerSecond(flops.value() / time.value());
}
constexpr BytesPerSecond operator/(Bytes bytes, Seconds time) {
  return BytesPerSecond(static_cast<double>(bytes.value()) / time.value());
}
constexpr TokensPerSecond operator/(Tokens tokens, Seconds time) {
  return TokensPerSecond(static_cast<double>(tokens.value()) / time.value());
}

inline constexpr std::int64_t kKibi = 1024;
inline constexpr std::int64_t kMebi = 1024 * kKibi;
inline constexpr std::int64_t kGibi = 1024 * kMebi;
inline constexpr double kGiga = 1e9;

}  // namespace seqspan::sim
