// RoPE as Llama and Qwen have it: elements i and i + d/2 of a head turn by position / 10000^(2i/d).
#pragma once

#include <cmath>
#include <cstdint>

namespace seqspan::real {

// The angle of pair `i` of d/2.
inline double rotary_angle(std::int64_t position, std::int64_t i, std::int64_t head_dim) {
  return static_cast<double>(position) *
         std::pow(10000.0, -2.0 * static_cast<double>(i) / static_cast<double>(head_dim));
}

// Turns the pairs of one head, `sign` 1 forward and -1 backward. Values: anything with [].
template <class Values>
void rotate(const Values& from, const Values& to, std::int64_t position, std::int64_t head_dim,
            int sign) {
  const std::int64_t half = head_dim / 2;
  for (std::int64_t i = 0; i < half; ++i) {
    const double angle = sign * rotary_angle(position, i, head_dim);
    const auto x = static_cast<double>(from[i]);
    const auto y = static_cast<double>(from[half + i]);
    using Number = std::remove_reference_t<decltype(to[i])>;
    to[i] = static_cast<Number>(x * std::cos(angle) - y * std::sin(angle));
    to[half + i] = static_cast<Number>(y * std::cos(angle) + x * std::sin(angle));
  }
}

}  // namespace seqspan::real
