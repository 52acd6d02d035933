// Random numbers that are the same everywhere: SplitMix64 (Steele, Lea, Flood, "Fast splittable
// pseudorandom number generators", OOPSLA 2014), which the standard library's distributions are
// not.
#pragma once

#include <cstdint>

namespace seqspan::sim {

// One step of it: a number of 64 bits that looks random, from any other.
constexpr std::uint64_t mixed(std::uint64_t number) {
  number += 0x9e3779b97f4a7c15U;
  number = (number ^ (number >> 30U)) * 0xbf58476d1ce4e5b9U;
  number = (number ^ (number >> 27U)) * 0x94d049bb133111ebU;
  return number ^ (number >> 31U);
}

class RandomStream {
 public:
  constexpr explicit RandomStream(std::uint64_t seed) : state_(seed) {}

  constexpr std::uint64_t next() {
    const std::uint64_t number = mixed(state_);
    state_ += 0x9e3779b97f4a7c15U;
    return number;
  }
  // Above 0 and below 1.
  constexpr double uniform() { return (static_cast<double>(next() >> 11U) + 0.5) * 0x1.0p-53; }
  // 0 to count - 1; off by less than count / 2^32, which must be small.
  constexpr std::uint64_t below(std::uint64_t count) { return ((next() >> 32U) * count) >> 32U; }

 private:
  std::uint64_t state_;
};

}  // namespace seqspan::sim
