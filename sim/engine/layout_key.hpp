// What readings of a layout are remembered by (layout_readings.hpp): a layout in 32 bytes, and the
// layouts that stand for all that share a reading.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "sim/spec/layout.hpp"

namespace seqspan::sim {

struct LayoutKey {
  std::array<std::uint64_t, 4> words{};

  bool operator==(const LayoutKey&) const = default;
};

// Layouts that differ have keys that differ. Nothing where a degree is too large to be packed: more
// than 16 bits (dp and mlp_chunks 24, ring 20). Such layouts are not remembered.
[[nodiscard]] std::optional<LayoutKey> key_of(const Layout& layout);

// The same for all layouts whose blocks hold the same bytes, have the same compute in every
// micro-batch, and use the same communicators. Of these blocks know
//   vpp  not at all: it decides which layers a stage has (sim/lower/stages.hpp)
//   pp   by whether there is a pipeline: the loss shares the embedding without one, and gathered
//        parameters stay gathered in one (sim/lower/weights.hpp)
//   dp   by whether there is somebody to share with, dp x cp > 1 and for experts
//        tp x cp x dp > etp x ep. With gradients or parameters shared out blocks hold buffers of
//        P/N elements, padded, and dp is part of the key
//   sharding  whether gradients or parameters are shared out. What an optimizer that is shared out
//        communicates replaces the all-reduce of one that is not, before the first and behind the
//        last micro-batch
//   placement  not at all: it decides which links a group has (sim/network/network.hpp)
[[nodiscard]] Layout same_blocks(const Layout& layout);

// The same for all layouts whose parts have the same standing tensors: parameters, gradients,
// optimizer state and what layers share. Those know tp, whether there is a pipeline, ep, etp, dp,
// cp, sharding and offload (and sequence_parallel and ep_in_node, which the job fixes).
[[nodiscard]] Layout same_standing(const Layout& layout);

}  // namespace seqspan::sim
