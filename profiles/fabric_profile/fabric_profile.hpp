// What was measured on the network of one cluster, and what follows from it: a curve of time
// against size for each group, and the parameters of the links that explain them together.
// docs/formats/fabric-profile.md, docs/models/fit.md
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "profiles/import/measurement.hpp"
#include "sim/spec/measured_curve.hpp"
#include "sim/units/units.hpp"

namespace seqspan::profiles {

// Where a library changed its protocol or algorithm between two measured sizes.
enum class SwitchKind : std::uint8_t {
  kSlower,  // the time rises faster there than on either side
  kFaster,  // the time hardly rises after it rose with the size
  kFalls,   // the time falls by more than 10 %: a switch or noise; a monotone curve levels it
};
inline constexpr auto kLastSwitchKind = SwitchKind::kFalls;
[[nodiscard]] const char* name_of(SwitchKind kind);

struct Switch {
  sim::Bytes after;   // the last size before it
  sim::Bytes before;  // the first size after it
  SwitchKind kind = SwitchKind::kSlower;

  bool operator==(const Switch&) const = default;
};

// Relative errors |predicted / measured - 1| over `sizes` sizes.
struct FitErrors {
  std::int64_t sizes = 0;
  double median = 0;
  double worst = 0;

  bool operator==(const FitErrors&) const = default;
};

struct FittedCurve {
  MeasuredGroup group;
  std::string variant;
  sim::MeasuredCurve curve;
  std::vector<MeasuredPoint>
      measured;  // what it was fitted to, out of place where there is a choice
  std::vector<Switch> switches;
  FitErrors fitted;
  // Every second size left out and predicted from the others: all of them, and those that do not
  // lie beside a switch.
  FitErrors left_out;
  FitErrors left_out_beside_no_switch;
  // Of the link parameters alone, without the curve; no sizes where they say nothing about it.
  FitErrors links;

  bool operator==(const FittedCurve&) const = default;
};

// Links inside a node and between nodes (link_model.hpp). A value of 0 was not determined.
struct LinkLevel {
  sim::BytesPerSecond bandwidth;  // of one GPU, one direction; between nodes, of its share of NICs
  sim::Seconds message_latency;
  sim::Seconds ring_step_latency;

  bool operator==(const LinkLevel&) const = default;
};

struct LinkParameters {
  sim::Seconds ring_base_latency;
  LinkLevel inside;
  LinkLevel between;

  bool operator==(const LinkParameters&) const = default;
};

struct ProfileSource {
  std::string file;
  std::string sha256;
  std::string source;
  std::string date;  // of the measurement; empty where the log does not say

  bool operator==(const ProfileSource&) const = default;
};

struct FabricProfile {
  std::string name;
  std::vector<ProfileSource> sources;
  std::vector<FittedCurve> curves;  // by group, then variant
  LinkParameters links;

  bool operator==(const FabricProfile&) const = default;
};

}  // namespace seqspan::profiles
