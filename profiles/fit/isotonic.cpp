#include "profiles/fit/isotonic.hpp"

#include <algorithm>
#include <cmath>

namespace seqspan::profiles {
namespace {

struct Pool {
  std::vector<double> samples;
  std::size_t sizes = 0;
  double value = 0;
};

}  // namespace

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  if (values.size() % 2 == 1) return values[middle];
  return (values[middle - 1] + values[middle]) / 2;
}

double geometric_median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  if (values.size() % 2 == 1) return values[middle];  // exact: no logarithm and back
  return std::sqrt(values[middle - 1] * values[middle]);
}

std::vector<double> isotonic(const std::vector<std::vector<double>>& samples) {
  std::vector<Pool> pools;
  for (const std::vector<double>& at_size : samples) {
    pools.push_back({at_size, 1, geometric_median(at_size)});
    while (pools.size() > 1 && pools[pools.size() - 2].value > pools.back().value) {
      const Pool last = std::move(pools.back());
      pools.pop_back();
      Pool& pool = pools.back();
      pool.samples.insert(pool.samples.end(), last.samples.begin(), last.samples.end());
      pool.sizes += last.sizes;
      pool.value = geometric_median(pool.samples);
    }
  }
  std::vector<double> times;
  for (const Pool& pool : pools) times.insert(times.end(), pool.sizes, pool.value);
  return times;
}

}  // namespace seqspan::profiles
