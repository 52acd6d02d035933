// Events of a trace in the JSON format of Chrome's tracing, which Perfetto reads: "Trace Event
// Format", https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU.
//
// Times are whole nanoseconds, Perfetto's own unit, written in microseconds with a fourth decimal 1
// (docs/formats/trace.md: what Perfetto asks for).
#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace seqspan::cli {

inline std::int64_t nanoseconds(double seconds) {
  constexpr double kPerSecond = 1e9;
  return std::llround(seconds * kPerSecond);
}

struct Track {
  std::int64_t process = 0;
  std::int64_t thread = 0;
};

class EventList {
 public:
  // Text as JSON, quoted.
  [[nodiscard]] static std::string quoted(std::string_view text);

  void name_process(std::int64_t process, std::string_view name, std::int64_t order);
  void name_thread(Track track, std::string_view name);

  // From `start` to `end` in nanoseconds. `name` and `category` need no escaping; `args`: the
  // members of an object, or empty.
  void slice(Track track, std::string_view name, std::string_view category, std::int64_t start,
             std::int64_t end, std::string_view args);
  void counter(std::int64_t process, std::string_view name, std::int64_t at, std::string_view args);
  // Ends of an arrow, each in a slice that is there at that time.
  void flow_start(Track track, std::int64_t id, std::int64_t at);
  void flow_end(Track track, std::int64_t id, std::int64_t at);

  [[nodiscard]] std::size_t size() const { return events_.size(); }

  // The whole file: events by time, of one time as their order says. `other`: members of the
  // object otherData.
  [[nodiscard]] std::string text(std::string_view other);

 private:
  struct Event {
    std::int64_t at = 0;
    std::int64_t order = 0;  // of equal times: slices without length, longer ones first, counters,
                             // flows
    std::string text;
  };

  std::vector<std::string> names_;
  std::vector<Event> events_;
};

}  // namespace seqspan::cli
