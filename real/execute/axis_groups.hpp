// The communicators of a layout's axes, made once and by all ranks in one order.
//
// Errors: kInput where the layout's world is not the transport's.
#pragma once

#include <array>
#include <optional>

#include "real/launch/deadline.hpp"
#include "real/transport/transport.hpp"
#include "sim/program/op.hpp"
#include "sim/spec/layout.hpp"

namespace seqspan::real {

class AxisGroups {
 public:
  // For every axis on which the layout has several ranks. Collective over the world; blocks until
  // all ranks have come, which `limit` is for.
  [[nodiscard]] static sim::Result<AxisGroups> make(Transport& transport, const sim::Layout& layout,
                                                    const BlockingLimit& limit = {});

  // Absent: the rank is alone on this axis.
  [[nodiscard]] std::optional<CommunicatorId> communicator(sim::Axis axis) const {
    return communicators_[static_cast<std::size_t>(axis)];
  }
  [[nodiscard]] std::int64_t size(sim::Axis axis) const {
    return sizes_[static_cast<std::size_t>(axis)];
  }
  // Of this rank in its group.
  [[nodiscard]] std::int64_t index(sim::Axis axis) const {
    return indices_[static_cast<std::size_t>(axis)];
  }

 private:
  std::array<std::optional<CommunicatorId>, sim::kAxisCount> communicators_;
  std::array<std::int64_t, sim::kAxisCount> sizes_{};
  std::array<std::int64_t, sim::kAxisCount> indices_{};
};

}  // namespace seqspan::real
