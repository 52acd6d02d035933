// The feed-forwards of a config.json: plain ones of gpt2 and mpt, gated ones, mixtures of experts.
#pragma once

#include <cstdint>

#include "sim/spec/decode/model_reading.hpp"
#include "sim/spec/model.hpp"

namespace seqspan::sim {

// Of plain families, whose width is a multiple of the hidden size.
[[nodiscard]] Result<void> check_plain_width(const ModelReading& reading);
// Experts where the family has them and nowhere else, and the width of dense layers.
[[nodiscard]] Result<void> check_feed_forward(const ModelReading& reading);

// Of one layer, counted from 0; checked.
[[nodiscard]] FeedForward feed_forward_of(const ModelReading& reading, std::int64_t layer);

}  // namespace seqspan::sim
