// The ranks that the oracle's groups hold, in order, against what the program's axes stand for:
// size and stride in Megatron's rank order, both placements.
#include <gtest/gtest.h>

#include <numeric>

#include "sim/network/rank_order.hpp"
#include "tests/real/oracle/plan.hpp"

namespace seqspan::oracle {
namespace {

std::vector<int> world_ranks_of(const Group& group) {
  MPI_Group inner = MPI_GROUP_NULL;
  MPI_Group world = MPI_GROUP_NULL;
  MPI_Comm_group(group.handle(), &inner);
  MPI_Comm_group(MPI_COMM_WORLD, &world);
  std::vector<int> places(static_cast<std::size_t>(group.size()));
  std::iota(places.begin(), places.end(), 0);
  std::vector<int> ranks(places.size());
  MPI_Group_translate_ranks(inner, group.size(), places.data(), world, ranks.data());
  MPI_Group_free(&inner);
  MPI_Group_free(&world);
  return ranks;
}

// Of this rank: it lies at place rank / stride mod size, and the first of its group lies that many
// strides before it.
std::vector<int> expected_ranks(const sim::GroupShape& shape) {
  const std::int64_t place = world_rank() / shape.stride % shape.size;
  std::vector<int> ranks;
  for (std::int64_t i = 0; i < shape.size; ++i) {
    ranks.push_back(static_cast<int>(world_rank() + (i - place) * shape.stride));
  }
  return ranks;
}

TEST(Oracle, GroupsAreThoseOfTheProgramsAxes) {
  std::vector<Plan> plans = context_plans(world_size());
  for (const Plan& plan : tensor_plans(world_size())) plans.push_back(plan);
  for (const Plan& plan : plans) {
    SCOPED_TRACE(name_of(plan));
    const Grid grid(plan.degrees);
    sim::Layout layout;
    layout.tp = plan.degrees.tensor;
    layout.ulysses = plan.degrees.ulysses;
    layout.ring = plan.degrees.ring;
    layout.placement =
        plan.degrees.ring_inner ? sim::Placement::kRingInner : sim::Placement::kUlyssesInner;
    const auto expected = [&](sim::Axis axis) { return expected_ranks(group_shape(axis, layout)); };
    EXPECT_EQ(world_ranks_of(grid.tensor), expected(sim::Axis::kTensor));
    EXPECT_EQ(world_ranks_of(grid.ulysses), expected(sim::Axis::kUlysses));
    EXPECT_EQ(world_ranks_of(grid.ring), expected(sim::Axis::kRing));
  }
}

}  // namespace
}  // namespace seqspan::oracle
