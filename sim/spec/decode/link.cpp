#include "sim/spec/decode/link.hpp"

#include <fmt/format.h>

#include "sim/spec/decode/largest_numbers.hpp"

namespace seqspan::sim {
namespace {

using json::FieldTable;
using json::FieldType;
using json::Value;

FieldTable<GivenLink> make_given_link_table() {
  FieldTable<GivenLink> t(json::ObjectFacts{
      "a link", "A cable between two vertices, as fast each way.", {}, {}, false});
  t.add(json::text("from", "a vertex: node3.gpu5, node3.nic5, leaf0, spine1"), &GivenLink::from);
  t.add(json::text("to", "another vertex"), &GivenLink::to);
  t.add(json::quantity("bandwidth", FieldType::kBandwidth, kLargestBandwidth,
                       "peak of one direction"),
        &GivenLink::bandwidth);
  t.add(json::quantity_or_zero("latency", FieldType::kTime, kLongestTime, "of one crossing")
            .with_default("0us"),
        &GivenLink::latency);
  return t;
}

FieldTable<LinkOverride> make_override_table() {
  FieldTable<LinkOverride> t(
      json::ObjectFacts{"an override", "A slow or missing link, NIC or switch.", {}, {}, false});
  t.add(json::text("link", "a vertex, or one end of a link: node3.nic5, node8-15.nic*"),
        &LinkOverride::link);
  t.add(json::text("to", "the other end").with_default("all links of the vertex"),
        &LinkOverride::to);
  t.add(json::boolean("one_way", "only the direction from link to to").with_default("false"),
        &LinkOverride::one_way);
  t.add(
      json::quantity("bandwidth", FieldType::kBandwidth, kLargestBandwidth, "peak of one direction")
          .with_default("as described"),
      &LinkOverride::bandwidth);
  t.add(json::boolean("missing", "the link is not there").with_default("false"),
        &LinkOverride::missing);
  return t;
}

template <class T>
Result<void> decode_array(const FieldTable<T>& table, std::vector<T>& items, const Value& value,
                          const std::string& path) {
  if (value.kind != json::Kind::kArray) {
    return input_error(fmt::format("{} is no array of objects", json::show(value)),
                       json::where(value.place, path));
  }
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const std::string item_path = fmt::format("{}[{}]", path, i);
    T item;
    Result<void> ok = table.decode(item, value.items[i], item_path);
    if (!ok) return ok;
    item.where = json::where(value.items[i].place, item_path);
    items.push_back(std::move(item));
  }
  return {};
}

Result<void> check(const LinkOverride& item) {
  if (item.missing == item.bandwidth.has_value()) {
    return input_error(item.missing ? "an override with a bandwidth for what is missing"
                                    : "an override that changes nothing",
                       item.where, "it either names a bandwidth or says that the link is missing",
                       R"("bandwidth": "12.5GB/s", or "missing": true)");
  }
  if (item.one_way && item.to.empty()) {
    return input_error("one_way without 'to'", item.where, "one direction of a link has two ends",
                       "name the other end in 'to'");
  }
  return {};
}

}  // namespace

Result<void> decode_links(std::vector<GivenLink>& links, const Value& value,
                          const std::string& path) {
  static const FieldTable<GivenLink> kTable = make_given_link_table();
  links.clear();
  return decode_array(kTable, links, value, path);
}

Result<void> decode_overrides(std::vector<LinkOverride>& overrides, const Value& value,
                              const std::string& path) {
  static const FieldTable<LinkOverride> kTable = make_override_table();
  overrides.clear();
  if (Result<void> ok = decode_array(kTable, overrides, value, path); !ok) return ok;
  for (const LinkOverride& item : overrides) {
    if (Result<void> ok = check(item); !ok) return ok;
  }
  return {};
}

}  // namespace seqspan::sim
