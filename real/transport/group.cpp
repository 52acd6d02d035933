#include "real/transport/group.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace seqspan::real {
namespace {

bool tiles(const sim::GroupShape& shape, std::int64_t world) {
  if (shape.size < 1 || shape.stride < 1 || shape.runs < 1 || shape.size % shape.runs != 0) {
    return false;
  }
  if (shape.run() > world / shape.stride) return false;
  if (shape.runs == 1) return world % shape.block() == 0;
  return shape.run_stride > 0 && shape.run_stride % shape.block() == 0 &&
         shape.runs <= world / shape.run_stride && world % shape.tile() == 0;
}

}  // namespace

sim::Result<Group> group_of(const sim::GroupShape& shape, std::int64_t rank,
                            std::int64_t world_size) {
  if (rank < 0 || rank >= world_size || !tiles(shape, world_size)) {
    return sim::input_error(
        fmt::format("groups of {} ranks at stride {}{} do not tile a world of {} ranks", shape.size,
                    shape.stride, shape.runs == 1 ? "" : fmt::format(" in {} runs", shape.runs),
                    world_size),
        "",
        shape.runs == 1 ? "size x stride consecutive ranks hold `stride` whole groups"
                        : "runs x their distance consecutive ranks hold whole groups",
        "start as many ranks as the plan has");
  }
  Group group{.shape = shape, .members = {}};
  group.index = shape.index_of(rank);
  const std::int64_t first = rank - shape.offset(group.index);
  const std::int64_t in_tile = first % shape.tile();
  group.color = first / shape.tile() * shape.siblings() + in_tile / shape.block() * shape.stride +
                in_tile % shape.stride;
  group.members.reserve(static_cast<std::size_t>(shape.size));
  for (std::int64_t i = 0; i < shape.size; ++i) group.members.push_back(first + shape.offset(i));
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
