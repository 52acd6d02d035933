// The attention of a config.json: of all families as many heads as they say, latent of deepseek.
#pragma once

#include "sim/spec/decode/model_reading.hpp"
#include "sim/spec/model.hpp"

namespace seqspan::sim {

// Heads that divide, no sliding window, and what latent attention needs.
[[nodiscard]] Result<void> check_attention(const ModelReading& reading);

// Of every layer; checked.
[[nodiscard]] Attention attention_of(const ModelReading& reading);

}  // namespace seqspan::sim
