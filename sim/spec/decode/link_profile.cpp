#include "sim/spec/decode/link_profile.hpp"

#include "sim/spec/decode/largest_numbers.hpp"
#include "sim/spec/decode/sources.hpp"

namespace seqspan::sim {
namespace {

using json::FieldTable;
using json::FieldType;

FieldTable<LinkProfile> make_link_table() {
  FieldTable<LinkProfile> t(
      json::ObjectFacts{"a link profile",
                        "One direction of one GPU's NVLink, or of one NIC and its network.",
                        {},
                        {},
                        false});
  t.add(json::text("$schema", "the schema of this file, for editors").with_default("none"));
  t.add(json::text("name", "what the link is called"), &LinkProfile::name);
  t.add(
      json::quantity("bandwidth", FieldType::kBandwidth, kLargestBandwidth, "peak of one direction")
          .with_source(),
      &LinkProfile::bandwidth);
  t.add(json::fraction("efficiency", "part of the peak that large messages reach").with_source(),
        &LinkProfile::efficiency);
  t.add(json::quantity_or_zero("message_latency", FieldType::kTime, kLongestTime,
                               "one small send and receive, end to end")
            .with_source(),
        &LinkProfile::message_latency);
  t.add(json::quantity_or_zero("ring_step_latency", FieldType::kTime, kLongestTime,
                               "added by each further step of a ring collective")
            .with_source(),
        &LinkProfile::ring_step_latency);
  t.add(json::quantity_or_zero("ll_step_latency", FieldType::kTime, kLongestTime,
                               "the same with the LL protocol; 0: NCCL's part of ring_step_latency")
            .with_source()
            .with_default("0"),
        &LinkProfile::ll_step_latency);
  t.add(json::quantity_or_zero("proxy_latency", FieldType::kTime, kLongestTime,
                               "networks: the host's post of one step of a ring that spans nodes")
            .with_source()
            .with_default("1us"),
        &LinkProfile::proxy_latency);
  t.add(json::integer("half_speed_bytes", 0, kGibi,
                      "message size that reaches half of the bandwidth; 0: any size")
            .with_source(),
        &LinkProfile::half_speed_bytes);
  t.add(json::quantity_or_zero("simple_message_latency", FieldType::kTime, kLongestTime,
                               "what bytes / bandwidth is added to for messages too large for LL, "
                               "where that is above message_latency")
            .with_source()
            .with_default("message_latency"),
        &LinkProfile::simple_message_latency);
  t.add(json::quantity_or_zero("channel_bandwidth", FieldType::kBandwidth, kLargestBandwidth,
                               "what one channel of an NCCL send carries; 0: no limit")
            .with_source()
            .with_default("0"),
        &LinkProfile::channel_bandwidth);
  t.add(json::quantity_or_zero("ll_channel_bandwidth", FieldType::kBandwidth, kLargestBandwidth,
                               "the same with the LL protocol; 0: no message takes it")
            .with_source()
            .with_default("0"),
        &LinkProfile::ll_channel_bandwidth);
  return t;
}

const FieldTable<LinkProfile>& link_table() {
  static const FieldTable<LinkProfile> kTable = make_link_table();
  return kTable;
}

}  // namespace

Result<LinkProfile> decode_link(const json::Value& value, const std::string& path) {
  LinkProfile link;
  if (Result<void> ok = link_table().decode(link, value, path); !ok) {
    return tl::unexpected(ok.error());
  }
  collect_sources(value, {}, link.sources);
  return link;
}

const json::ObjectFacts& link_facts() { return link_table().facts(); }

}  // namespace seqspan::sim
