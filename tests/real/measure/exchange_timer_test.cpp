#include "real/measure/exchange_timer.hpp"

#include <gtest/gtest.h>

#include "tests/real/transport/under_test.hpp"

namespace seqspan::real {
namespace {

constexpr sim::Seconds kLimit{20};

class ExchangeTimerTest : public testing::Test {
 protected:
  void SetUp() override {
    transport_ = std::move(make_transport_under_test().value());
    timer_.emplace(ExchangeTimer::make(*transport_).value());
  }
  void TearDown() override {
    timer_.reset();
    const auto closed = transport_->close();
    EXPECT_TRUE(closed) << closed.error().what;
    EXPECT_EQ(complaints_of_library(), "");
  }

  std::unique_ptr<Transport> transport_;
  std::optional<ExchangeTimer> timer_;
};

// Every collective, on all ranks and on pairs at once: a time that all ranks agree on, in order.
TEST_F(ExchangeTimerTest, TimesEveryCollectiveAlikeOnAllRanks) {
  const std::int64_t world = transport_->world_size();
  std::vector<sim::GroupShape> shapes = {{world, 1}};
  if (world % 2 == 0 && world > 2) shapes.push_back({2, world / 2});
  for (const sim::GroupShape& shape : shapes) {
    for (const sim::Collective collective :
         {sim::Collective::kAllReduce, sim::Collective::kAllGather, sim::Collective::kReduceScatter,
          sim::Collective::kAllToAll, sim::Collective::kRingShift}) {
      SCOPED_TRACE(name_of(collective));
      const auto time = timer_->time({collective, shape, sim::Bytes(100000)}, {1, 3, kLimit});
      ASSERT_TRUE(time) << time.error().what;
      EXPECT_GT(time->median.value(), 0);
      EXPECT_LE(time->fastest, time->slowest);
      EXPECT_LE(time->median, time->slowest);
      const auto texts = timer_->gather_texts(std::to_string(time->median.value()), kLimit);
      ASSERT_TRUE(texts) << texts.error().what;
      for (const std::string& text : *texts) EXPECT_EQ(text, texts->front());
    }
  }
}

TEST_F(ExchangeTimerTest, AnyRankMaySaySo) {
  const std::int64_t last = transport_->world_size() - 1;
  EXPECT_TRUE(timer_->any(transport_->rank() == last, kLimit).value());
  EXPECT_FALSE(timer_->any(false, kLimit).value());
}

TEST_F(ExchangeTimerTest, GathersTextsByRank) {
  const std::string own = "host " + std::to_string(transport_->rank());
  const auto texts = timer_->gather_texts(own, kLimit).value();
  ASSERT_EQ(texts.size(), static_cast<std::size_t>(transport_->world_size()));
  for (std::size_t i = 0; i < texts.size(); ++i) EXPECT_EQ(texts[i], "host " + std::to_string(i));
  // What is too long is cut to 63 characters.
  EXPECT_EQ(timer_->gather_texts(std::string(100, 'x'), kLimit).value().front(),
            std::string(63, 'x'));
}

TEST_F(ExchangeTimerTest, GathersNumbersByRankAndAsManyOfEach) {
  const auto rank = static_cast<double>(transport_->rank());
  const std::vector<double> own = {rank, 10 * rank};
  const auto all = timer_->gather_numbers(own, kLimit).value();
  ASSERT_EQ(all.size(), static_cast<std::size_t>(transport_->world_size()));
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i], (std::vector<double>{static_cast<double>(i), 10.0 * static_cast<double>(i)}));
  }
  if (all.size() == 1) return;
  const bool is_last = transport_->rank() == transport_->world_size() - 1;
  const auto uneven = timer_->gather_numbers(std::span(own).first(is_last ? 1 : 2), kLimit);
  ASSERT_FALSE(uneven);
  EXPECT_EQ(uneven.error().what, "ranks give different numbers of results: 2 and 1");
  EXPECT_EQ(uneven.error().where, "rank " + std::to_string(all.size() - 1));
}

TEST_F(ExchangeTimerTest, RefusesAShapeThatDoesNotTileTheWorld) {
  const std::int64_t world = transport_->world_size();
  EXPECT_FALSE(timer_->time({sim::Collective::kAllGather, {world + 1, 1}, sim::Bytes(64)}, {}));
}

}  // namespace
}  // namespace seqspan::real
