// How long an attention kernel takes on one GPU alone, forward or backward.
//
//   time    max(longest block + block overhead, mean + blocks + tail x longest block)
//           + rows + kernel overhead; nothing without pairs
//   mean    FLOPs of the unmasked pairs / (peak x efficiency of the pass x width x mask)
//   width   what heads wider or narrower than 128 leave of the speed; narrow ones are padded to 64
//           or 128
//   mask    1 - (1 - causal) x cut, where the mask cuts off half of the square (cut 1) or less
//   longest a thread block walks a tile of queries (forward) or keys (backward) of one head, and
//           the longest block is tile x the most keys (queries) that one sees, at a
//           multiprocessor's share of the mean's rate. Few heads or short sequences leave
//           multiprocessors idle at the end
//   blocks  what starting all blocks costs each multiprocessor, where the profile says it
//   rows    backward: the kernels around it, bytes of O, dO and dQ / (HBM bandwidth x efficiency)
// A kernel of the version of FlashAttention that the op asks for has the rates of that version
// where the profile has them, else the device's usual ones.
#pragma once

#include "sim/formula/formula.hpp"
#include "sim/formula/numbers.hpp"
#include "sim/program/op.hpp"
#include "sim/spec/device.hpp"

namespace seqspan::sim {

template <class Numbers>
[[nodiscard]] NumberOf<Numbers, Seconds> attention_time(const Numbers& in,
                                                        const DeviceProfile& device,
                                                        const AttentionWork& work);
[[nodiscard]] Law attention_law(const AttentionWork& work);

}  // namespace seqspan::sim
