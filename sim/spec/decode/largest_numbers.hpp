// The largest numbers that a profile may hold: beyond them a unit is wrong.
#pragma once

#include "sim/units/units.hpp"

namespace seqspan::sim {

constexpr double kLargestBandwidth = 1e15;  // B/s
constexpr double kLongestTime = 1;          // s
constexpr double kLargestMemory = 16.0 * 1024 * static_cast<double>(kGibi);

}  // namespace seqspan::sim
