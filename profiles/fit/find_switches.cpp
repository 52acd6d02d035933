#include "profiles/fit/find_switches.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "profiles/fit/isotonic.hpp"

namespace seqspan::profiles {
namespace {

constexpr double kSteepest = 1.08;
constexpr double kStandsOut = 0.3;
constexpr double kFall = 0.9;
constexpr double kLeastMiss = 0.1;
constexpr double kScatters = 3;
constexpr double kDeviationOfMedian = 1.4826;

using sim::Bytes;
using sim::CurveKnot;

double on_line(const CurveKnot& a, const CurveKnot& b, Bytes size) {
  return (a.time + (b.time - a.time) * ((size - a.size) / (b.size - a.size))).value();
}

// Steps are counted by the size before them.
class Steps {
 public:
  explicit Steps(const std::vector<AtSize>& sizes) {
    for (const AtSize& at : sizes) points_.push_back(at.middle());
    miss_ = 1 + std::max(kLeastMiss, kScatters * scatter());
  }

  [[nodiscard]] std::size_t count() const { return points_.empty() ? 0 : points_.size() - 1; }
  [[nodiscard]] Bytes size(std::size_t i) const { return points_[i].size; }

  [[nodiscard]] std::optional<SwitchKind> kind(std::size_t i) const {
    if (is_noise(i) || is_noise(i + 1)) return std::nullopt;
    if (falls(i)) return SwitchKind::kFalls;
    if (is_slower(i)) return SwitchKind::kSlower;
    if (is_faster(i)) return SwitchKind::kFaster;
    return std::nullopt;
  }

 private:
  [[nodiscard]] double time(std::size_t i) const { return points_[i].time.value(); }
  [[nodiscard]] double slope(std::size_t i) const {
    return std::log(time(i + 1) / time(i)) / std::log(points_[i + 1].size / points_[i].size);
  }
  [[nodiscard]] bool falls(std::size_t i) const { return time(i + 1) < kFall * time(i); }

  // The line from the left, at the size after the step; from the first size on, its bandwidth.
  [[nodiscard]] double ahead(std::size_t i) const {
    const Bytes next = points_[i + 1].size;
    if (i == 0) return time(0) * (next / points_[0].size);
    return std::max(time(i), on_line(points_[i - 1], points_[i], next));
  }
  // The line from the right, at the size before the step; to the last size, its bandwidth.
  [[nodiscard]] double behind(std::size_t i) const {
    const Bytes last = points_[i].size;
    if (i + 2 == points_.size()) return time(i + 1) * (last / points_[i + 1].size);
    return on_line(points_[i + 1], points_[i + 2], last);
  }

  [[nodiscard]] bool is_noise(std::size_t i) const {
    if (i == count() || !falls(i)) return false;
    return i == 0 || time(i) > ahead(i - 1) * (1 + kLeastMiss);
  }

  [[nodiscard]] bool is_slower(std::size_t i) const {
    const bool from_last = i == 0 || slope(i) - slope(i - 1) > kStandsOut / 2;
    const bool from_next = i + 1 < count() && slope(i) - slope(i + 1) > kStandsOut;
    if (slope(i) <= kSteepest && !(from_last && from_next)) return false;
    return time(i + 1) > ahead(i) * miss_ && behind(i) > time(i) * miss_;
  }

  [[nodiscard]] bool is_faster(std::size_t i) const {
    if (i == 0 || slope(i - 1) - slope(i) <= kStandsOut) return false;
    // A step across a switch is no side's line.
    return !is_slower(i - 1) && !is_faster(i - 1) && time(i + 1) * miss_ < ahead(i);
  }

  [[nodiscard]] double scatter() const {
    std::vector<double> distances;
    for (std::size_t i = 1; i + 1 < points_.size(); ++i) {
      const double between = on_line(points_[i - 1], points_[i + 1], points_[i].size);
      distances.push_back(std::abs(std::log(time(i) / between)));
    }
    return distances.empty() ? 0 : kDeviationOfMedian * median(distances);
  }

  std::vector<CurveKnot> points_;
  double miss_ = 1;
};

}  // namespace

std::vector<Switch> find_switches(const std::vector<AtSize>& sizes) {
  const Steps steps(sizes);
  std::vector<Switch> switches;
  for (std::size_t i = 0; i < steps.count(); ++i) {
    if (const auto kind = steps.kind(i)) {
      switches.push_back({steps.size(i), steps.size(i + 1), *kind});
    }
  }
  return switches;
}

std::vector<Switch> find_switches(const std::vector<MeasuredPoint>& points) {
  return find_switches(by_size(points));
}

}  // namespace seqspan::profiles
