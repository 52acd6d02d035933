#include "real/execute/kernels/normalise.hpp"

#include <cmath>

namespace seqspan::real {
namespace {

constexpr double kEpsilon = 1e-6;

}  // namespace

void normalise(const Floats& x, std::int64_t width, const Floats& to, const Floats& inverse,
               const InversePlaces& places) {
  for (std::int64_t row = 0; row < x.size() / width; ++row) {
    double sum = 0;
    for (std::int64_t i = 0; i < width; ++i) {
      sum += static_cast<double>(x[row * width + i]) * static_cast<double>(x[row * width + i]);
    }
    const double scale = 1.0 / std::sqrt(sum / static_cast<double>(width) + kEpsilon);
    const std::int64_t place =
        places.first + row / places.per_row * places.stride + row % places.per_row;
    inverse[place] = static_cast<float>(scale);
    for (std::int64_t i = 0; i < width; ++i) {
      to[row * width + i] = static_cast<float>(static_cast<double>(x[row * width + i]) * scale);
    }
  }
}

void normalise_backward(const Floats& dy, const Floats& x, double scale, const Floats& dx) {
  double sum = 0;
  for (std::int64_t i = 0; i < x.size(); ++i) {
    sum += static_cast<double>(dy[i]) * static_cast<double>(x[i]) * scale;
  }
  const double mean = sum / static_cast<double>(x.size());
  for (std::int64_t i = 0; i < x.size(); ++i) {
    const double y = static_cast<double>(x[i]) * scale;
    dx[i] = static_cast<float>(scale * (static_cast<double>(dy[i]) - y * mean));
  }
}

}  // namespace seqspan::real
