// How far predictions are off, and whether they order layouts as measurements do.
#pragma once

#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace seqspan::profiles {

// Of absolute relative errors; 0 of none.
struct ErrorSummary {
  std::size_t count = 0;
  double median = 0;
  double ninetieth = 0;  // the smallest error that at least 90 % do not exceed
  double worst = 0;
};

// Signed errors.
[[nodiscard]] ErrorSummary summarise(std::vector<double> errors);

// Kendall's tau-b of two orders of the same things; nothing where one of them has no order (fewer
// than two, or all equal).
[[nodiscard]] std::optional<double> kendall_tau(std::span<const std::pair<double, double>> pairs);

// (predicted time, measured time) by layout: how much slower the layout that is predicted to be the
// fastest was measured than the one that was. Nothing for fewer than two.
[[nodiscard]] std::optional<double> regret(std::span<const std::pair<double, double>> times);

}  // namespace seqspan::profiles
