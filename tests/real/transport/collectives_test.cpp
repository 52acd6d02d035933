// Every collective against a serial reference: each rank knows what all others put in.
#include <gtest/gtest.h>

#include "tests/real/transport/transport_fixture.hpp"

namespace seqspan::real {
namespace {

using sim::Collective;

// Shapes that tile the world: whole, neighbours in pairs, pairs at half the world, alone.
std::vector<sim::GroupShape> shapes(std::int64_t world) {
  std::vector<sim::GroupShape> shapes{{world, 1}, {1, 1}};
  if (world >= 2) shapes.push_back({2, 1});
  if (world >= 4) shapes.push_back({2, world / 2});
  if (world >= 4) shapes.push_back({world / 2, 2});
  return shapes;
}

class Collectives : public TransportTest {
 protected:
  // What rank `from`, member `index` of `group`, must receive, block by block.
  template <class T>
  std::vector<T> expected(Collective collective, const Group& group, std::int64_t elements) {
    const std::int64_t block = elements / group.size();
    const auto sum = [&](std::int64_t i) {
      float total = 0;
      for (const std::int64_t member : group.members) total += small_value(member, i);
      return as<T>(total);
    };
    std::vector<T> values;
    switch (collective) {
      case Collective::kAllToAll:
        for (const std::int64_t member : group.members) {
          for (std::int64_t i = 0; i < block; ++i) {
            values.push_back(as<T>(small_value(member, group.index * block + i)));
          }
        }
        break;
      case Collective::kAllGather:
        for (const std::int64_t member : group.members) {
          for (std::int64_t i = 0; i < block; ++i) {
            values.push_back(as<T>(small_value(member, i)));
          }
        }
        break;
      case Collective::kReduceScatter:
        for (std::int64_t i = 0; i < block; ++i) values.push_back(sum(group.index * block + i));
        break;
      case Collective::kAllReduce:
        for (std::int64_t i = 0; i < elements; ++i) values.push_back(sum(i));
        break;
      default:
        return small_values<T>(group.members[static_cast<std::size_t>(group.predecessor())],
                               elements);
    }
    return values;
  }

  template <class T>
  void check(Collective collective, CommunicatorId id, std::int64_t elements) {
    const Group mine = group(id);
    const std::int64_t block = elements / mine.size();
    const bool gathers = collective == Collective::kAllGather;
    const Memory send = buffer_of(small_values<T>(rank(), gathers ? block : elements));
    const std::vector<T> want = expected<T>(collective, mine, elements);
    const Memory receive = buffer(static_cast<std::int64_t>(want.size() * sizeof(T)));
    const OpId op = start(exchange(collective, id, data_type_of<T>(), {{send, receive, elements}}));
    finish_stream(stream_);
    const OpStatus status = value_or_fail(transport().poll(op));
    EXPECT_EQ(status.state, OpState::kDone);
    EXPECT_GE(status.time, sim::Seconds(0));
    EXPECT_EQ(values_in<T>(receive), want)
        << name_of(collective) << " of " << elements << " " << name_of(data_type_of<T>()) << " in "
        << list_ranks(mine.members);
    succeed(transport().release(op));
  }
};

constexpr std::array kMoving{Collective::kAllToAll, Collective::kAllGather, Collective::kRingShift};
constexpr std::array kSumming{Collective::kReduceScatter, Collective::kAllReduce};

// Sizes drawn by one seed on all ranks, zero among them.
TEST_F(Collectives, EqualTheSerialReference) {
  std::mt19937 random(20260101);
  for (const sim::GroupShape& shape : shapes(world())) {
    const CommunicatorId id = communicator(shape.size, shape.stride);
    for (const std::int64_t draw : {0, 1, 5000}) {
      const std::int64_t most = std::max<std::int64_t>(draw, 1);
      const std::int64_t blocks =
          draw == 0 ? 0 : std::uniform_int_distribution<std::int64_t>(1, most)(random);
      const std::int64_t elements = blocks * shape.size;
      for (const Collective collective : kMoving) {
        check<float>(collective, id, elements);
        check<BFloat16>(collective, id, elements);
        check<std::int64_t>(collective, id, elements);
        check<std::uint8_t>(collective, id, elements);
      }
      for (const Collective collective : kSumming) {
        check<float>(collective, id, elements);
        check<BFloat16>(collective, id, elements);
      }
    }
  }
}

// 257 is between the bf16 neighbours 256 and 258: 256 + 1 must round, to even, 256; a sum that
// only keeps the upper bits of an integer would not know.
TEST_F(Collectives, SumsOfBFloat16Round) {
  if (world() < 2) GTEST_SKIP() << "needs 2 ranks";
  const CommunicatorId pairs = communicator(2, 1);
  const bool is_first = group(pairs).index == 0;
  const std::vector<BFloat16> mine{to_bfloat16(is_first ? 256.0F : 1.0F),
                                   to_bfloat16(is_first ? 256.0F : 3.0F)};
  const Memory memory = buffer_of(mine);
  start(exchange(Collective::kAllReduce, pairs, sim::DataType::kBFloat16, {{memory, memory, 2}}));
  finish_stream(stream_);
  const auto sums = values_in<BFloat16>(memory);
  EXPECT_EQ(to_float(sums[0]), 256.0F);
  EXPECT_EQ(to_float(sums[1]), 260.0F);  // 259 is a tie of 258 and 260; 260 is even
}

// K and V at once; in a ring of two both neighbours are the same rank.
TEST_F(Collectives, RingShiftKeepsMessagesApart) {
  const CommunicatorId ring = communicator(world() >= 2 ? 2 : 1, 1);
  const Group mine = group(ring);
  const std::int64_t from = mine.members[static_cast<std::size_t>(mine.predecessor())];
  const Memory k = buffer_of(small_values<float>(rank(), 10));
  const Memory v = buffer_of(small_values<float>(rank() + 100, 10));
  const Memory k_in = buffer(40);
  const Memory v_in = buffer(40);
  for (int hop = 0; hop < 3; ++hop) {
    start(exchange(Collective::kRingShift, ring, sim::DataType::kFloat32,
                   {{k, k_in, 10}, {v, v_in, 10}}));
  }
  finish_stream(stream_);
  EXPECT_EQ(values_in<float>(k_in), small_values<float>(from, 10));
  EXPECT_EQ(values_in<float>(v_in), small_values<float>(from + 100, 10));
}

TEST_F(Collectives, PointToPointDoesNotWrap) {
  const CommunicatorId line = world_communicator();
  for (const Direction direction : {Direction::kForward, Direction::kBackward}) {
    const Memory send = buffer_of(small_values<float>(rank(), 6));
    const Memory receive = buffer_of(std::vector<float>(6, -1.0F));
    Exchange hop =
        exchange(Collective::kPointToPoint, line, sim::DataType::kFloat32, {{send, receive, 6}});
    hop.direction = direction;
    start(hop);
    finish_stream(stream_);
    const std::int64_t from = direction == Direction::kForward ? rank() - 1 : rank() + 1;
    const bool has_neighbour = from >= 0 && from < world();
    EXPECT_EQ(values_in<float>(receive),
              has_neighbour ? small_values<float>(from, 6) : std::vector<float>(6, -1.0F));
  }
}

// A stage that only sends, to one that only receives.
TEST_F(Collectives, PointToPointOfOneHalf) {
  if (world() < 2) GTEST_SKIP() << "needs 2 ranks";
  const CommunicatorId line = communicator(2, 1);
  const bool sends = group(line).index == 0;
  const Memory memory = sends ? buffer_of(small_values<float>(rank(), 6)) : buffer(24);
  start(exchange(Collective::kPointToPoint, line, sim::DataType::kFloat32,
                 {sends ? Message{memory, {}, 6} : Message{{}, memory, 6}}));
  finish_stream(stream_);
  EXPECT_EQ(values_in<float>(memory), small_values<float>(sends ? rank() : rank() - 1, 6));
}

}  // namespace
}  // namespace seqspan::real
