// The numbers that laws compute with: plain ones, or traced ones that remember how they came about.
//
// A law is written once, over `Numbers`:
//
//   template <class Numbers>
//   NumberOf<Numbers, Seconds> pass_time(const Numbers& in, const DeviceProfile& device, Bytes b) {
//     const auto bytes = in.given("bytes", b, "the op");
//     return bytes / in.sourced("memory_bandwidth", device.memory_bandwidth, device.sources);
//   }
//
// With Plain it is the arithmetic alone: given() and its like return their value, nothing is
// allocated, and the compiler sees what it would see without them. With Tracing
// (sim/formula/traced.hpp) the same code yields the formula: symbols, numbers put in, sources.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "sim/units/units.hpp"

namespace seqspan::sim {

// Where each number of a profile comes from, by its JSON path inside it.
using Sources = std::map<std::string, std::string>;

struct Plain {
  template <class T>
  using Number = T;

  // A number that the law is given.
  template <class T>
  constexpr T given(const char* /*symbol*/, T value, const char* /*source*/) const {
    return value;
  }
  // One of several of a kind.
  template <class T>
  constexpr T given(const char* /*symbol*/, std::size_t /*index*/, T value,
                    const char* /*source*/) const {
    return value;
  }
  // A number of a profile, by its path there.
  template <class T>
  constexpr T sourced(const char* /*path*/, T value, const Sources& /*sources*/) const {
    return value;
  }
  // The same of a part of it: "nvlink" and "bandwidth".
  template <class T>
  constexpr T sourced(const char* /*owner*/, const char* /*field*/, T value,
                      const Sources& /*sources*/) const {
    return value;
  }
  // A result that has an equation of its own.
  template <class T>
  constexpr T named(const char* /*symbol*/, T value) const {
    return value;
  }
  // A result of a function that is not taken apart.
  template <class T, class... Operands>
  constexpr T call(const char* /*function*/, T value, const Operands&... /*operands*/) const {
    return value;
  }
  template <class T>
  constexpr T constant(T value) const {
    return value;
  }
};

template <class Numbers, class T>
using NumberOf = typename Numbers::template Number<T>;

// The value without its history.
template <class T>
constexpr T bare(T value) {
  return value;
}
constexpr double real(std::int64_t count) { return static_cast<double>(count); }
// The number of a quantity, and a quantity of a number.
template <class Dimension, class Representation>
constexpr Representation amount(Quantity<Dimension, Representation> quantity) {
  return quantity.value();
}
template <class To>
constexpr To as(typename To::representation value) {
  return To(value);
}
template <class T>
constexpr T largest(T a, T b) {
  return std::max(a, b);
}
template <class T, class... More>
constexpr T largest(T a, T b, More... more) {
  return largest(largest(a, b), more...);
}
template <class T>
constexpr T smallest(T a, T b) {
  return std::min(a, b);
}
constexpr std::int64_t divide_up(std::int64_t value, std::int64_t divisor) {
  return (value + divisor - 1) / divisor;
}

}  // namespace seqspan::sim
