#include "cli/trace/event_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

namespace seqspan::cli {
namespace {

constexpr std::int64_t kCounterOrder = std::numeric_limits<std::int64_t>::max() - 1;
constexpr std::int64_t kFlowOrder = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kPerMicrosecond = 1000;

// A tenth of a nanosecond more: Perfetto multiplies the double by 1000 and cuts off what is behind
// the point, so that 1.001 would be 1000 ns there (json_parser.h, CoerceToTs).
std::string microseconds(std::int64_t nanoseconds) {
  return fmt::format("{}.{:03}1", nanoseconds / kPerMicrosecond, nanoseconds % kPerMicrosecond);
}

// Of one time the outer slice first, and before all what has no length: what begins then is not in
// it, and the arrows of that time bind to the innermost slice.
std::int64_t slice_order(std::int64_t length) {
  return length == 0 ? std::numeric_limits<std::int64_t>::min() : -length;
}

}  // namespace

std::string EventList::quoted(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

void EventList::name_process(std::int64_t process, std::string_view name, std::int64_t order) {
  names_.push_back(
      fmt::format(R"({{"ph":"M","pid":{},"name":"process_name","args":{{"name":{}}}}})", process,
                  quoted(name)));
  names_.push_back(
      fmt::format(R"({{"ph":"M","pid":{},"name":"process_sort_index","args":{{"sort_index":{}}}}})",
                  process, order));
}

void EventList::name_thread(Track track, std::string_view name) {
  names_.push_back(
      fmt::format(R"({{"ph":"M","pid":{},"tid":{},"name":"thread_name","args":{{"name":{}}}}})",
                  track.process, track.thread, quoted(name)));
  names_.push_back(fmt::format(
      R"({{"ph":"M","pid":{},"tid":{},"name":"thread_sort_index","args":{{"sort_index":{}}}}})",
      track.process, track.thread, track.thread));
}

void EventList::slice(Track track, std::string_view name, std::string_view category,
                      std::int64_t start, std::int64_t end, std::string_view args) {
  events_.push_back(
      {start, slice_order(end - start),
       fmt::format(
           R"({{"ph":"X","pid":{},"tid":{},"ts":{},"dur":{},"name":"{}","cat":"{}","args":{{{}}}}})",
           track.process, track.thread, microseconds(start), microseconds(end - start), name,
           category, args)});
}

void EventList::counter(std::int64_t process, std::string_view name, std::int64_t at,
                        std::string_view args) {
  events_.push_back({at, kCounterOrder,
                     fmt::format(R"({{"ph":"C","pid":{},"ts":{},"name":"{}","args":{{{}}}}})",
                                 process, microseconds(at), name, args)});
}

void EventList::flow_start(Track track, std::int64_t id, std::int64_t at) {
  events_.push_back(
      {at, kFlowOrder,
       fmt::format(R"({{"ph":"s","pid":{},"tid":{},"ts":{},"id":{},"name":"data","cat":"data"}})",
                   track.process, track.thread, microseconds(at), id)});
}

void EventList::flow_end(Track track, std::int64_t id, std::int64_t at) {
  events_.push_back(
      {at, kFlowOrder,
       fmt::format(
           R"({{"ph":"f","bp":"e","pid":{},"tid":{},"ts":{},"id":{},"name":"data","cat":"data"}})",
           track.process, track.thread, microseconds(at), id)});
}

std::string EventList::text(std::string_view other) {
  std::stable_sort(events_.begin(), events_.end(), [](const Event& a, const Event& b) {
    return a.at != b.at ? a.at < b.at : a.order < b.order;
  });
  std::string text = "{\"otherData\":{";
  text.append(other).append("},\n\"traceEvents\":[\n");
  bool first = true;
  const auto add = [&](const std::string& event) {
    if (!first) text += ",\n";
    first = false;
    text += event;
  };
  for (const std::string& name : names_) add(name);
  for (const Event& event : events_) add(event.text);
  return text + "\n]}\n";
}

}  // namespace seqspan::cli
