#include "real/transport/group.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace seqspan::real {

sim::Result<Group> group_of(const sim::GroupShape& shape, std::int64_t rank,
                            std::int64_t world_size) {
  const std::string what =
      fmt::format("groups of {} ranks at stride {} do not tile a world of {} ranks", shape.size,
                  shape.stride, world_size);
  if (shape.size < 1 || shape.stride < 1 || rank < 0 || rank >= world_size ||
      shape.size > world_size / shape.stride || world_size % (shape.size * shape.stride) != 0) {
    return sim::input_error(what, "", "size x stride consecutive ranks hold `stride` whole groups",
                            "start as many ranks as the plan has, or a multiple of size x stride");
  }
  const std::int64_t block = rank / (shape.size * shape.stride);
  const std::int64_t offset = rank % shape.stride;
  const std::int64_t first = block * shape.size * shape.stride + offset;
  Group group{.shape = shape, .color = block * shape.stride + offset, .members = {}};
  group.index = (rank - first) / shape.stride;
  group.members.reserve(static_cast<std::size_t>(shape.size));
  for (std::int64_t i = 0; i < shape.size; ++i) group.members.push_back(first + i * shape.stride);
  return group;
}

std::string list_ranks(const std::vector<std::int64_t>& ranks) {
  constexpr std::size_t kShown = 16;
  if (ranks.empty()) return "no rank";
  const std::size_t shown = std::min(ranks.size(), kShown);
  std::string text = fmt::format(
      "{} {}", ranks.size() == 1 ? "rank" : "ranks",
      fmt::join(ranks.begin(), ranks.begin() + static_cast<std::ptrdiff_t>(shown), ", "));
  if (ranks.size() > shown) text += fmt::format(" and {} more", ranks.size() - shown);
  return text;
}

}  // namespace seqspan::real
