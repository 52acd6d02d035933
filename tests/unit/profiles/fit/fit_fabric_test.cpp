#include "profiles/fit/fit_fabric.hpp"

#include <gtest/gtest.h>

#include "profiles/fabric_profile/decode.hpp"
#include "profiles/fabric_profile/encode.hpp"
#include "profiles/fit/link_model.hpp"
#include "sim/spec/json/parse.hpp"

namespace seqspan::profiles {
namespace {

using sim::Bytes;
using sim::Seconds;

LinkParameters truth() {
  LinkParameters links;
  links.ring_base_latency = Seconds(9e-6);
  links.inside = {sim::BytesPerSecond(350e9), Seconds(8e-6), Seconds(3e-6)};
  links.between = {sim::BytesPerSecond(45e9), Seconds(16e-6), Seconds(12e-6)};
  return links;
}

// What such links would measure, for sizes of 1 KiB to 4 GiB.
MeasurementSet measured(CollectiveKind kind, std::int64_t ranks, std::int64_t nodes) {
  MeasurementSet set;
  set.group = {kind, ranks, nodes};
  for (int i = 10; i <= 32; ++i) {
    const Bytes size(std::int64_t{1} << i);
    set.points.push_back({size, *time_over_links(truth(), set.group, size)});
  }
  return set;
}

ImportedLog log_of(std::vector<MeasurementSet> sets) {
  ImportedLog log;
  log.sets = std::move(sets);
  log.file = {"log.txt", "0123"};
  return log;
}

// Two ring sizes on one node tell base and step apart; 8, 16 and 32 ranks alone would not, because
// base + 7 a, base + 14 a + b and base + 28 a + 3 b are not independent.
FabricProfile from_sendrecv_and_all_gather() {
  return fit_fabric("test", {log_of({measured(CollectiveKind::kSendReceive, 8, 1),
                                     measured(CollectiveKind::kSendReceive, 16, 2),
                                     measured(CollectiveKind::kAllGather, 4, 1),
                                     measured(CollectiveKind::kAllGather, 8, 1),
                                     measured(CollectiveKind::kAllGather, 16, 2),
                                     measured(CollectiveKind::kAllGather, 32, 4)})})
      .value();
}

TEST(LinkModel, RingOfOneNode) {
  // base 9 + 7 steps x 3 us; 8 MiB x 7/8 at 350 GB/s
  const auto time = time_over_links(truth(), {CollectiveKind::kAllGather, 8, 1}, Bytes(8 << 20));
  EXPECT_DOUBLE_EQ(time->value(), 30e-6 + 7.0 * (1 << 20) / 350e9);
}

TEST(LinkModel, RingOfTwoNodesLeavesByEveryRanksNic) {
  // base 9 + 14 x 3 + 1 x 12 us; 16 MiB x 15/16 / 8 per NIC at 45 GB/s
  const auto time = time_over_links(truth(), {CollectiveKind::kAllGather, 16, 2}, Bytes(16 << 20));
  EXPECT_DOUBLE_EQ(time->value(), 63e-6 + 15.0 * (1 << 20) / 8 / 45e9);
}

TEST(LinkModel, AllToAllSendsToTheOtherNodeOverTheNic) {
  // 16 + 0.5 us (15 peers: 2 rounds); half of 16 MiB goes to the other node
  const auto time = time_over_links(truth(), {CollectiveKind::kAllToAll, 16, 2}, Bytes(16 << 20));
  EXPECT_DOUBLE_EQ(time->value(), 16.5e-6 + 8.0 * (1 << 20) / 45e9);
}

TEST(LinkModel, SaysNothingWithoutAParameter) {
  LinkParameters links = truth();
  links.between = {};
  EXPECT_FALSE(
      time_over_links(links, {CollectiveKind::kAllGather, 16, 2}, Bytes(1024)).has_value());
  EXPECT_TRUE(time_over_links(links, {CollectiveKind::kAllGather, 8, 1}, Bytes(1024)).has_value());
  EXPECT_FALSE(time_over_links(links, {CollectiveKind::kGather, 8, 1}, Bytes(1024)).has_value());
}

TEST(FitFabric, FindsTheLinksBehindSeveralCollectives) {
  const FabricProfile profile = from_sendrecv_and_all_gather();
  for (const FittedCurve& curve : profile.curves) EXPECT_LT(curve.links.worst, 0.03);
  EXPECT_NEAR(profile.links.inside.bandwidth / truth().inside.bandwidth, 1, 0.02);
  EXPECT_NEAR(profile.links.between.bandwidth / truth().between.bandwidth, 1, 0.02);
  EXPECT_NEAR(profile.links.between.ring_step_latency / truth().between.ring_step_latency, 1, 0.1);
}

TEST(FitFabric, PredictsWhatWasNotMeasured) {
  const FabricProfile profile = from_sendrecv_and_all_gather();
  for (const std::int64_t size : {1 << 12, 1 << 20, 1 << 28}) {
    for (const std::int64_t nodes : {1, 2, 8}) {
      const MeasuredGroup group{CollectiveKind::kAllToAll, 8 * nodes, nodes};
      const auto prediction = predict(profile, group, Bytes(size));
      ASSERT_TRUE(prediction.has_value());
      EXPECT_EQ(prediction->by, PredictedBy::kLinks);
      EXPECT_NEAR(prediction->time / *time_over_links(truth(), group, Bytes(size)), 1, 0.05);
    }
  }
}

TEST(FitFabric, ACurveGoesBeforeItsSiblingAndBothBeforeTheLinks) {
  const FabricProfile profile = from_sendrecv_and_all_gather();
  const Bytes size(1 << 20);
  EXPECT_EQ(predict(profile, {CollectiveKind::kAllGather, 8, 1}, size)->by, PredictedBy::kCurve);
  EXPECT_EQ(predict(profile, {CollectiveKind::kReduceScatter, 8, 1}, size)->by,
            PredictedBy::kSibling);
  EXPECT_EQ(predict(profile, {CollectiveKind::kReduceScatter, 64, 8}, size)->by,
            PredictedBy::kLinks);
}

TEST(FitFabric, InPlaceCountsOnlyWhereNothingElseWasMeasured) {
  MeasurementSet out = measured(CollectiveKind::kAllGather, 8, 1);
  MeasurementSet in = out;
  in.in_place = true;
  for (MeasuredPoint& point : in.points) point.time *= 2;
  EXPECT_EQ(fit_fabric("a", {log_of({out, in})}).value().curves[0].measured, out.points);
  EXPECT_EQ(fit_fabric("a", {log_of({in})}).value().curves[0].measured, in.points);
}

// In place an all-reduce moves the same bytes: both runs of every size count.
TEST(FitFabric, InPlaceAndOutOfPlaceAllReduceCountTogether) {
  MeasurementSet out = measured(CollectiveKind::kAllReduce, 8, 1);
  MeasurementSet in = out;
  in.in_place = true;
  for (MeasuredPoint& point : in.points) point.time *= 4;
  const FittedCurve curve = fit_fabric("a", {log_of({out, in})}).value().curves[0];
  EXPECT_EQ(curve.measured.size(), 2 * out.points.size());
  // The geometric median of t and 4 t.
  EXPECT_DOUBLE_EQ(curve.curve.time(out.points[3].size) / out.points[3].time, 2);
}

// One size is no curve, whatever the other groups have; of two logs with one each it is.
TEST(FitFabric, GroupOfOneSizeIsLeftOut) {
  const MeasurementSet gather = measured(CollectiveKind::kAllGather, 8, 1);
  MeasurementSet first = measured(CollectiveKind::kAllReduce, 8, 1);
  MeasurementSet last = first;
  first.points = {first.points.front(), first.points.front()};
  last.points = {last.points.back()};
  const FabricProfile profile = fit_fabric("a", {log_of({gather, first})}).value();
  ASSERT_EQ(profile.curves.size(), 1U);
  EXPECT_EQ(profile.curves[0].group, gather.group);
  EXPECT_EQ(fit_fabric("a", {log_of({first}), log_of({last})}).value().curves.size(), 1U);
}

TEST(FitFabric, NothingButGroupsOfOneSize) {
  MeasurementSet set = measured(CollectiveKind::kAllReduce, 8, 1);
  set.points.resize(1);
  const auto profile = fit_fabric("a", {log_of({set})});
  ASSERT_FALSE(profile);
  EXPECT_EQ(profile.error().category, sim::ErrorCategory::kInput);
  EXPECT_EQ(profile.error().what, "nothing to fit: no group was measured at two sizes");
}

// The 1 GiB of an all-gather takes what its NICs of 45 GB/s take, not NVLink.
TEST(FitFabric, GroupsOfSeveralNodesTellNothingAboutTheBandwidthInsideOne) {
  const FabricProfile profile =
      fit_fabric("a", {log_of({measured(CollectiveKind::kAllGather, 16, 2)})}).value();
  EXPECT_EQ(profile.links.inside.bandwidth.value(), 0);
  EXPECT_NEAR(profile.links.between.bandwidth.value() / 45e9, 1, 0.02);
  EXPECT_FALSE(predict(profile, {CollectiveKind::kAllGather, 8, 1}, Bytes(1 << 30)));
}

TEST(FitFabric, TheJsonReadsBackTheSame) {
  FabricProfile profile = from_sendrecv_and_all_gather();
  const std::string text = encode_fabric_profile(profile);
  const auto value = sim::json::parse(text, "profile.json");
  ASSERT_TRUE(value.has_value());
  const auto read = decode_fabric_profile(*value, {});
  ASSERT_TRUE(read.has_value()) << read.error().what << " " << read.error().where;
  EXPECT_EQ(encode_fabric_profile(*read), text);
  EXPECT_EQ(read->sources, profile.sources);
  ASSERT_EQ(read->curves.size(), profile.curves.size());
  EXPECT_EQ(read->curves[0].group, profile.curves[0].group);
}

// One change to a good profile, and where the error must point.
TEST(FabricProfile, WrongDocumentsAreRefusedAtTheirPlace) {
  const std::string good = encode_fabric_profile(
      fit_fabric("test", {log_of({measured(CollectiveKind::kAllGather, 8, 1)})}).value());
  const auto error = [&](const std::string& from, const std::string& to) -> std::string {
    std::string text = good;
    const std::size_t at = text.find(from);
    if (at == std::string::npos) return "not there";
    text.replace(at, from.size(), to);
    const auto value = sim::json::parse(text, "p");
    if (!value) return value.error().what;
    const auto profile = decode_fabric_profile(*value, {});
    if (profile) return "accepted";
    const std::string& where = profile.error().where;
    return where.substr(where.find('('));
  };
  EXPECT_EQ(error("\"ranks\": 8", "\"ranks\": 1"), "(curves[0].ranks)");
  EXPECT_EQ(error("\"nodes\": 1", "\"nodes\": 3"), "(curves[0])");
  EXPECT_EQ(error("all_gather", "all_gathered"), "(curves[0].collective)");
  EXPECT_EQ(error("[1024, ", "[0, "), "(curves[0].curve[0])");
  EXPECT_EQ(error("[2048, ", "[512, "), "(curves[0].curve)");
  EXPECT_EQ(error("\"name\"", "\"nam\""), "(nam)");
  EXPECT_EQ(error("\"1.0\"", "\"2.0\""), "(format_version)");
  EXPECT_EQ(error("\"switches\": []", "\"switches\": [3]"), "(curves[0].switches[0])");
}

}  // namespace
}  // namespace seqspan::profiles
