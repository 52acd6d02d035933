// The names that families give to the same things: n_embd, d_model, hidden_size.
#pragma once

#include "sim/spec/decode/model_reading.hpp"

namespace seqspan::sim {

// The family's own names are there, and none of another family: that would leave the right one at
// its default, and is refused rather than ignored.
[[nodiscard]] Result<void> check_names(const ModelReading& reading);

}  // namespace seqspan::sim
