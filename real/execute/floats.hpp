// The numbers of a tensor as a kernel sees them. An element beyond the end throws
// std::out_of_range, which the runner turns into an error with the op's name: a tensor that is
// too short is found, whatever a kernel does with it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>

namespace seqspan::real {

class Floats {
 public:
  Floats() = default;
  explicit Floats(std::span<float> values) : values_(values) {}

  [[nodiscard]] float& operator[](std::int64_t index) const {
    const auto place = static_cast<std::size_t>(index);
    if (place >= values_.size()) throw std::out_of_range("an element beyond the end of a tensor");
    return values_[place];
  }
  [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(values_.size()); }
  [[nodiscard]] std::span<float> span() const { return values_; }
  // `count` numbers from `first` on.
  [[nodiscard]] Floats part(std::int64_t first, std::int64_t count) const {
    if (first < 0 || count < 0 || first + count > size()) {
      throw std::out_of_range("a piece beyond the end of a tensor");
    }
    return Floats(
        values_.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count)));
  }

 private:
  std::span<float> values_;
};

inline void zero(const Floats& values) {
  for (float& value : values.span()) value = 0;
}

// As many as `to` has.
inline void copy(const Floats& from, const Floats& to) {
  for (std::int64_t i = 0; i < to.size(); ++i) to[i] = from[i];
}

}  // namespace seqspan::real
