#include "real/transport/exchange.hpp"

#include <gtest/gtest.h>

#include <array>
#include <limits>

namespace seqspan::real {
namespace {

using sim::Bytes;
using sim::Collective;

class CheckExchange : public testing::Test {
 protected:
  void SetUp() override { book_.add(whole()); }

  Memory whole() { return {bytes_.data(), Bytes(256)}; }
  Memory piece(std::int64_t offset, std::int64_t size) {
    return whole().part(Bytes(offset), Bytes(size));
  }
  Exchange exchange(Collective collective, std::int64_t elements, std::int64_t send,
                    std::int64_t receive) {
    return {.name = "x",
            .collective = collective,
            .data_type = sim::DataType::kFloat32,
            .messages = {{piece(0, send), piece(128, receive), elements}}};
  }
  // Empty where the exchange is accepted.
  std::string refusal(const Exchange& exchange) {
    const auto checked = check_exchange(exchange, group_, book_);
    if (checked) return {};
    EXPECT_EQ(checked.error().category, sim::ErrorCategory::kInput);
    EXPECT_NE(checked.error().where.find("'x' of ranks 0, 1, 2, 3"), std::string::npos);
    return checked.error().what;
  }

  std::array<std::byte, 512> bytes_{};
  MemoryBook book_;
  Group group_ = group_of({.size = 4, .stride = 1}, 1, 4).value();
};

// 8 elements of 4 bytes; a block of a group of 4 has 2 elements, 8 bytes.
TEST_F(CheckExchange, SizesFollowTheTable) {
  EXPECT_EQ(refusal(exchange(Collective::kAllToAll, 8, 32, 32)), "");
  EXPECT_EQ(refusal(exchange(Collective::kAllGather, 8, 8, 32)), "");
  EXPECT_EQ(refusal(exchange(Collective::kReduceScatter, 8, 32, 8)), "");
  EXPECT_EQ(refusal(exchange(Collective::kAllReduce, 8, 32, 32)), "");
  EXPECT_EQ(refusal(exchange(Collective::kRingShift, 8, 32, 32)), "");
  EXPECT_EQ(refusal(exchange(Collective::kPointToPoint, 8, 32, 0)), "");
  EXPECT_EQ(refusal(exchange(Collective::kAllGather, 8, 32, 32)),
            "send buffer of 32 bytes where 8 are needed");
  EXPECT_EQ(refusal(exchange(Collective::kRingShift, 8, 32, 28)),
            "receive buffer of 28 bytes where 32 are needed");
}

// 40 and 44 B over 3 ranks are no whole number of bytes each. What an
// exchange says that it sends is what the program says of it.
TEST(SentBytes, AreThoseOfTheProgramWhereTheyDoNotDivide) {
  for (const std::int64_t elements : {9, 10, 11}) {
    Exchange exchange{};
    exchange.collective = Collective::kAllReduce;
    exchange.data_type = sim::DataType::kFloat32;
    exchange.messages.push_back({.send = {}, .receive = {}, .elements = elements});
    const sim::Communication work{.collective = Collective::kAllReduce,
                                  .bytes = sim::Bytes(4 * elements)};
    EXPECT_EQ(sent_bytes(exchange, 3), sim::bytes_sent(work, 3)) << elements;
  }
}

TEST_F(CheckExchange, ZeroElementsAreAccepted) {
  EXPECT_EQ(refusal(exchange(Collective::kAllToAll, 0, 0, 0)), "");
}

TEST_F(CheckExchange, CountsThatCannotBeAreRefused) {
  EXPECT_EQ(refusal(exchange(Collective::kAllToAll, 6, 24, 24)),
            "6 elements are not divided by 4 ranks");
  EXPECT_EQ(refusal(exchange(Collective::kAllReduce, -1, 0, 0)), "-1 elements");
  const std::int64_t huge = std::numeric_limits<std::int64_t>::max() / 4 + 1;
  EXPECT_NE(refusal(exchange(Collective::kAllReduce, huge, 0, 0)).find("overflow"),
            std::string::npos);
}

TEST_F(CheckExchange, OnlyFloatsAreSummed) {
  Exchange sum = exchange(Collective::kAllReduce, 4, 32, 32);
  sum.data_type = sim::DataType::kInt64;
  EXPECT_EQ(refusal(sum), "no sum of int64");
  sum.collective = Collective::kRingShift;
  EXPECT_EQ(refusal(sum), "");
}

TEST_F(CheckExchange, MemoryThatIsNotLiveIsRefused) {
  Exchange beyond = exchange(Collective::kAllReduce, 8, 32, 32);
  beyond.messages[0].receive = piece(240, 32);
  EXPECT_EQ(refusal(beyond), "32 bytes lie in no live buffer of the transport");
  ASSERT_TRUE(book_.remove(whole()));
  EXPECT_NE(refusal(exchange(Collective::kAllReduce, 8, 32, 32)), "");
  EXPECT_FALSE(book_.remove(whole())) << "freed twice";
}

TEST_F(CheckExchange, OnlyAnAllReduceIsInPlace) {
  Exchange in_place = exchange(Collective::kAllReduce, 8, 32, 32);
  in_place.messages[0].receive = in_place.messages[0].send;
  EXPECT_EQ(refusal(in_place), "");
  in_place.collective = Collective::kAllToAll;
  EXPECT_EQ(refusal(in_place), "a receive buffer overlaps another buffer");
  in_place.collective = Collective::kAllReduce;
  in_place.messages[0].receive = piece(4, 32);
  EXPECT_EQ(refusal(in_place), "a receive buffer overlaps another buffer");
}

TEST_F(CheckExchange, SeveralMessagesAreForShiftsOnly) {
  Exchange two = exchange(Collective::kRingShift, 4, 16, 16);
  two.messages.push_back({piece(32, 16), piece(160, 16), 4});
  EXPECT_EQ(refusal(two), "");
  two.collective = Collective::kAllToAll;
  EXPECT_EQ(refusal(two), "2 messages");
  two.messages.clear();
  EXPECT_EQ(refusal(two), "0 messages");
}

}  // namespace
}  // namespace seqspan::real
