#include "real/execute/axis_groups.hpp"

#include <fmt/format.h>

#include "sim/network/rank_order.hpp"

namespace seqspan::real {

sim::Result<AxisGroups> AxisGroups::make(Transport& transport, const sim::Layout& layout,
                                         const BlockingLimit& limit) {
  if (layout.world() != transport.world_size()) {
    return sim::input_error(
        fmt::format("{} ranks for a layout of {}", transport.world_size(), layout.world()), "",
        "every rank of the layout is executed by one",
        fmt::format("start {} ranks", layout.world()));
  }
  const Deadline deadline(limit);
  AxisGroups groups;
  for (std::size_t i = 0; i < sim::kAxisCount; ++i) {
    const sim::GroupShape shape = sim::group_shape(static_cast<sim::Axis>(i), layout);
    groups.sizes_[i] = shape.size;
    groups.indices_[i] = shape.index_of(transport.rank());
    if (shape.size == 1) continue;
    const auto made = transport.make_communicator(shape);
    if (!made) return tl::unexpected(made.error());
    groups.communicators_[i] = *made;
  }
  return groups;
}

}  // namespace seqspan::real
