#include "sim/lower/all_to_all.hpp"

#include <algorithm>

namespace seqspan::sim {

AllToAll::AllToAll(ProgramBuilder& builder, Axis axis, const Layout& layout, Shape shape)
    : axis_(axis),
      hierarchical_((axis == Axis::kUlysses ? layout.ulysses_in_node : layout.ep_in_node) > 1),
      exchanged_(hierarchical_ ? builder.bfloat16("exchanged inside the node", shape) : TensorId{}),
      reordered_(hierarchical_ ? builder.bfloat16("in order for the other nodes", shape)
                               : TensorId{}) {}

void AllToAll::run(ProgramBuilder& builder, const char* name, TensorId from, TensorId to) const {
  const Program& program = builder.program();
  const Bytes bytes = std::max(program.tensor(from).bytes, program.tensor(to).bytes);
  if (!hierarchical_) {
    builder.communicate(name, {Collective::kAllToAll, axis_, bytes}, {from}, {to});
    return;
  }
  const bool heads = axis_ == Axis::kUlysses;
  const Axis in_node = heads ? Axis::kUlyssesInNode : Axis::kExpertInNode;
  const Axis across = heads ? Axis::kUlyssesAcross : Axis::kExpertAcross;
  builder.communicate(name, {Collective::kAllToAll, in_node, bytes}, {from}, {exchanged_});
  builder.memory_pass("order for the other nodes", {exchanged_}, {reordered_});
  builder.communicate(name, {Collective::kAllToAll, across, bytes}, {reordered_}, {to});
}

}  // namespace seqspan::sim
