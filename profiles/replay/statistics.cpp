#include "profiles/replay/statistics.hpp"

#include <algorithm>
#include <cmath>

namespace seqspan::profiles {

ErrorSummary summarise(std::vector<double> errors) {
  ErrorSummary summary;
  summary.count = errors.size();
  if (errors.empty()) return summary;
  for (double& error : errors) error = std::abs(error);
  std::sort(errors.begin(), errors.end());
  const std::size_t middle = errors.size() / 2;
  summary.median =
      errors.size() % 2 == 1 ? errors[middle] : (errors[middle - 1] + errors[middle]) / 2;
  // Nearest rank: ceil(0.9 n).
  summary.ninetieth = errors[(errors.size() * 9 + 9) / 10 - 1];
  summary.worst = errors.back();
  return summary;
}

std::optional<double> kendall_tau(std::span<const std::pair<double, double>> pairs) {
  double agree = 0;
  double first_differs = 0;
  double second_differs = 0;
  const auto sign = [](double x) { return x > 0 ? 1.0 : x < 0 ? -1.0 : 0.0; };
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    for (std::size_t j = i + 1; j < pairs.size(); ++j) {
      const double a = sign(pairs[i].first - pairs[j].first);
      const double b = sign(pairs[i].second - pairs[j].second);
      agree += a * b;
      first_differs += a * a;
      second_differs += b * b;
    }
  }
  if (first_differs == 0 || second_differs == 0) return std::nullopt;
  return agree / std::sqrt(first_differs * second_differs);
}

std::optional<double> regret(std::span<const std::pair<double, double>> times) {
  if (times.size() < 2) return std::nullopt;
  const auto picked = std::min_element(times.begin(), times.end());
  const auto best = std::min_element(
      times.begin(), times.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return picked->second / best->second - 1;
}

}  // namespace seqspan::profiles
