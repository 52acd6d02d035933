// One kind of layer as a part of the program: forward, backward (with what the layout recomputes),
// update.
//
// Full recomputation runs the whole forward again, its collectives included, before the backward;
// selective recomputation runs the attention again, its context parallel communication included.
// What must be saved follows from what the backward block reads first.
#pragma once

#include "sim/lower/dimensions.hpp"

namespace seqspan::sim {

void lower_layer(ProgramBuilder& builder, const LoweringContext& context, const LayerKind& kind);

}  // namespace seqspan::sim
