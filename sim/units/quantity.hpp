// A number with a dimension. Quantities of one dimension add, compare and scale; quantities of
// different dimensions do not mix unless units.hpp says what their product or quotient is.
//
// Representation: int64 for what is counted (bytes, tokens), double for what is measured
// (seconds, rates, FLOPs: a step of a large model exceeds 2^63 FLOPs).
#pragma once

#include <compare>
#include <type_traits>

namespace seqspan::sim {

template <class Dimension, class Representation>
class Quantity {
 public:
  using representation = Representation;

  constexpr Quantity() = default;
  constexpr explicit Quantity(Representation value) : value_(value) {}

  [[nodiscard]] constexpr Representation value() const { return value_; }

  // clang-tidy 14 takes the 0 of the generated comparison for a null pointer.
  constexpr auto operator<=>(const Quantity&) const = default;  // NOLINT(modernize-use-nullptr)

  constexpr Quantity& operator+=(Quantity other) {
    value_ += other.value_;
    return *this;
  }
  constexpr Quantity& operator-=(Quantity other) {
    value_ -= other.value_;
    return *this;
  }
  constexpr Quantity& operator*=(Representation factor) {
    value_ *= factor;
    return *this;
  }

  friend constexpr Quantity operator+(Quantity a, Quantity b) { return a += b; }
  friend constexpr Quantity operator-(Quantity a, Quantity b) { return a -= b; }
  friend constexpr Quantity operator*(Quantity a, Representation factor) { return a *= factor; }
  friend constexpr Quantity operator*(Representation factor, Quantity a) { return a *= factor; }
  friend constexpr Quantity operator/(Quantity a, Representation divisor) {
    return Quantity(a.value_ / divisor);
  }
  // A ratio of two quantities of one dimension is a plain number.
  friend constexpr double operator/(Quantity a, Quantity b) {
    return static_cast<double>(a.value_) / static_cast<double>(b.value_);
  }

 private:
  Representation value_{};
};

}  // namespace seqspan::sim
