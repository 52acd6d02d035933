// Division of rows by their root mean square, and back. Norms have scale 1 (the program does not
// read their scales) and epsilon 1e-6.
#pragma once

#include <cstdint>

#include "real/execute/floats.hpp"

namespace seqspan::real {

// Where 1/rms of each row goes: row i of x at first + i / per_row * stride + i % per_row.
struct InversePlaces {
  std::int64_t first = 0;
  std::int64_t stride = 1;
  std::int64_t per_row = 1;
};

// `to` = x / rms(x) in rows of `width`.
void normalise(const Floats& x, std::int64_t width, const Floats& to, const Floats& inverse,
               const InversePlaces& places = {});

// dx = scale (dy - y mean(dy y)) with y = x scale, of one row.
void normalise_backward(const Floats& dy, const Floats& x, double scale, const Floats& dx);

}  // namespace seqspan::real
