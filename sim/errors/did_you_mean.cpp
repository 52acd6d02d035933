#include "sim/errors/did_you_mean.hpp"

#include <algorithm>
#include <vector>

namespace seqspan::sim {
namespace {

// Names longer than this are not misspellings, and the distance is quadratic.
constexpr std::size_t kLongestName = 64;

// Optimal string alignment distance.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  const std::size_t width = b.size() + 1;
  std::vector<std::size_t> table((a.size() + 1) * width);
  for (std::size_t i = 0; i <= a.size(); ++i) table[i * width] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) table[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = table[(i - 1) * width + j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U);
      std::size_t best =
          std::min({table[(i - 1) * width + j] + 1, table[i * width + j - 1] + 1, replace});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        best = std::min(best, table[(i - 2) * width + j - 2] + 1);
      }
      table[i * width + j] = best;
    }
  }
  return table.back();
}

}  // namespace

std::string nearest_name(std::string_view name, std::span<const std::string> known) {
  if (name.size() > kLongestName) return {};
  std::size_t limit = std::max<std::size_t>(1, name.size() / 3);
  std::string nearest;
  for (const std::string& candidate : known) {
    if (candidate.size() > kLongestName) continue;
    const std::size_t distance = edit_distance(name, candidate);
    // A one-letter name is one edit away from every other.
    if (distance >= std::max(name.size(), candidate.size())) continue;
    if (distance < limit || (distance == limit && nearest.empty())) {
      limit = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

std::string did_you_mean(std::string_view name, std::span<const std::string> known,
                         std::string_view plural) {
  const std::string nearest = nearest_name(name, known);
  if (!nearest.empty()) return "did you mean '" + nearest + "'?";
  std::string list;
  for (const std::string& candidate : known) list += (list.empty() ? "" : ", ") + candidate;
  return "known " + std::string(plural) + ": " + list;
}

}  // namespace seqspan::sim
