// The non-decreasing sequence nearest to measured times, by absolute logarithmic error.
//
// Neighbours that fall are pooled until nothing falls (pool adjacent violators); a pool takes the
// median of its logarithms, so that one outlier, such as a cold first run, does not pull its
// neighbours. Times that already rise stay as they are.
#pragma once

#include <vector>

namespace seqspan::profiles {

// Of an even number, the mean of the middle two. `values` must not be empty.
[[nodiscard]] double median(std::vector<double> values);
// exp of the median of the logarithms.
[[nodiscard]] double geometric_median(std::vector<double> values);

// `samples[i]`: times of size i, at least one, all above 0. One time per size.
[[nodiscard]] std::vector<double> isotonic(const std::vector<std::vector<double>>& samples);

}  // namespace seqspan::profiles
