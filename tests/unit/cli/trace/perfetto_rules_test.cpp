// What Perfetto's importer of JSON asks for, rule by rule (docs/formats/trace.md: what Perfetto
// asks for). Each is held against files as they are written; what breaks one counts in Perfetto's
// table `stats`, which its user interface shows as a warning, or is drawn elsewhere than meant.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "cli/trace/gzip.hpp"
#include "tests/unit/cli/trace/written.hpp"

namespace seqspan::cli::tests {
namespace {

constexpr Case kCases[] = {
    {"plain", "Llama-3-8B", "ulysses=8,recompute=full", 1, 65536, 4},
    {"hybrid_tp", "Llama-3-8B", "tp=2,ulysses=2,ring=2", 1, 65536, 2},
    {"sharded", "Llama-3-8B", "ulysses=8,sharding=parameters", 1, 65536, 2,
     sim::Framework::kDeepSpeed},
    {"experts", "Qwen3-30B-A3B", "ep=8,ring=2,recompute=full", 1, 32768, 8},
    {"pipelined", "Llama-3-8B", "pp=4,ring=2", 1, 32768, 8},
    {"interleaved", "Llama-3-8B", "pp=4,vpp=4,tp=2", 1, 32768, 8},
    {"ranks", "Llama-3-8B", "ring=4,ring_order=contiguous,recompute=full", 1, 16384, 6,
     sim::Framework::kYunchang},
    {"ranks_of_a_large_ring", "Llama-3-8B", "ring=16,ring_order=contiguous", 2, 65536, 1,
     sim::Framework::kYunchang},
};

// A line of the file is an event: its text, and what it says.
struct Line {
  std::string text;
  nlohmann::json event;
};

std::vector<Line> lines_of(const std::string& text) {
  std::vector<Line> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (line.rfind("{\"ph\"", 0) != 0) continue;
    if (line.back() == ',') line.pop_back();
    lines.push_back({line, nlohmann::json::parse(line)});
  }
  return lines;
}

class PerfettoRules : public testing::TestWithParam<Case> {
 protected:
  // Some traces are large: each is written once.
  [[nodiscard]] static const std::vector<Line>& lines() {
    static std::map<std::string, std::vector<Line>> known;
    const auto [found, is_new] = known.try_emplace(GetParam().name);
    if (is_new) found->second = lines_of(Written(GetParam()).text());
    return found->second;
  }
};

using Thread = std::pair<std::int64_t, std::int64_t>;

Thread thread_of(const nlohmann::json& event) { return {event["pid"], event["tid"]}; }

bool is_a(const Line& line, const char* kind) { return line.event["ph"] == kind; }

// The number behind a key, as it is written.
std::string number_text(const std::string& line, const std::string& key) {
  const std::size_t begin = line.find("\"" + key + "\":") + key.size() + 3;
  return line.substr(begin, line.find_first_of(",}", begin) - begin);
}

// Whole nanoseconds of microseconds, in each of the ways in which Perfetto's versions have read
// them: the product of a double, made by strtod() or digit by digit, cut off behind the point
// (src/trace_processor/importers/json: json_utils.cc, json_parser.h), or the first three decimals.
std::array<std::int64_t, 3> nanoseconds_as_read(const std::string& text) {
  const std::size_t point = text.find('.');
  const std::string whole = text.substr(0, point);
  const std::string decimals = text.substr(point + 1);
  const double by_digits =
      std::strtod(whole.c_str(), nullptr) +
      std::strtod(decimals.c_str(), nullptr) / std::pow(10.0, static_cast<double>(decimals.size()));
  return {static_cast<std::int64_t>(std::strtod(text.c_str(), nullptr) * 1000.0),
          static_cast<std::int64_t>(by_digits * 1000.0),
          std::strtoll((whole + decimals.substr(0, 3)).c_str(), nullptr, 10)};
}

std::int64_t nanoseconds_at(const Line& line, const char* key) {
  return std::llround(line.event[key].get<double>() * 1000);
}

// stats.json_tokenizer_failure, json_parser_failure: a phase of one letter that is known, a time
// on all but names, an object of args where one is read.
TEST_P(PerfettoRules, EventsAreOfKnownKindsAndHaveTimes) {
  for (const Line& line : lines()) {
    const std::string kind = line.event["ph"];
    ASSERT_TRUE(kind == "M" || kind == "X" || kind == "C" || kind == "s" || kind == "f") << kind;
    ASSERT_EQ(line.event.contains("ts"), kind != "M") << line.text;
    ASSERT_EQ(line.event.contains("dur"), kind == "X") << line.text;
    if (kind != "s" && kind != "f") {
      ASSERT_TRUE(line.event["args"].is_object()) << line.text;
    }
  }
}

// Whichever way a time is read, it is the same nanosecond: else slices end after the one around
// them, and are dropped.
TEST_P(PerfettoRules, TimesAreTheSameNanosecondHoweverTheyAreRead) {
  for (const Line& line : lines()) {
    for (const char* key : {"ts", "dur"}) {
      if (!line.event.contains(key)) continue;
      const std::string text = number_text(line.text, key);
      for (const std::int64_t read : nanoseconds_as_read(text)) {
        ASSERT_EQ(read, nanoseconds_at(line, key)) << text;
      }
      ASSERT_GE(nanoseconds_at(line, key), 0);
    }
  }
}

// Events of one time are read as they stand in the file (trace_sorter: stable).
TEST_P(PerfettoRules, TimesAscend) {
  std::int64_t last = 0;
  for (const Line& line : lines()) {
    if (is_a(line, "M")) continue;
    ASSERT_GE(nanoseconds_at(line, "ts"), last);
    last = nanoseconds_at(line, "ts");
  }
}

// The slices that are open on each track, as the importer keeps them (slice_tracker.cc,
// MaybeCloseStack): one that has ended is closed by the next slice of its track alone.
class OpenSlices {
 public:
  struct Slice {
    std::int64_t start = 0;
    std::int64_t end = 0;
    std::string category;
  };

  // False: it would be dropped, since it ends after a slice that it begins in.
  bool add(const Thread& thread, const Slice& slice) {
    std::vector<Slice>& stack = stacks_[thread];
    while (!stack.empty() && closes(stack.back(), slice)) stack.pop_back();
    for (const Slice& around : stack) {
      if (slice.start < around.end && slice.end > around.end) return false;
    }
    stack.push_back(slice);
    return true;
  }
  [[nodiscard]] const Slice* innermost(const Thread& thread) const {
    const auto found = stacks_.find(thread);
    return found == stacks_.end() || found->second.empty() ? nullptr : &found->second.back();
  }
  [[nodiscard]] std::size_t depth(const Thread& thread) const { return stacks_.at(thread).size(); }

 private:
  // Slices without length lie on each other where they are at one time.
  static bool closes(const Slice& open, const Slice& next) {
    const bool both_points = open.start == open.end && next.start == next.end;
    return open.end < next.start || (open.end == next.start && !both_points);
  }

  std::map<Thread, std::vector<Slice>> stacks_;
};

OpenSlices::Slice slice_of(const Line& line) {
  const std::int64_t start = nanoseconds_at(line, "ts");
  return {start, start + nanoseconds_at(line, "dur"), line.event["cat"]};
}

// stats.slice_drop_overlapping_complete_event, slice_max_depth_exceeded (512).
TEST_P(PerfettoRules, NoSliceIsDropped) {
  OpenSlices open;
  std::size_t slices = 0;
  for (const Line& line : lines()) {
    if (!is_a(line, "X")) continue;
    ASSERT_TRUE(open.add(thread_of(line.event), slice_of(line))) << line.text;
    ASSERT_LT(open.depth(thread_of(line.event)), 10U);
    ++slices;
  }
  EXPECT_GT(slices, 100U);
}

// stats.flow_no_enclosing_slice, flow_duplicate_id, flow_end_without_start, flow_invalid_id: an id
// is a number, begins once, ends once and later in the file. Both ends bind to the innermost slice
// that began last on the track, which has to be the one meant: a transfer, and what starts then.
TEST_P(PerfettoRules, ArrowsBindToWhatTheyMean) {
  OpenSlices open;
  std::map<std::int64_t, int> ends;
  for (const Line& line : lines()) {
    if (is_a(line, "X")) open.add(thread_of(line.event), slice_of(line));
    if (!is_a(line, "s") && !is_a(line, "f")) continue;
    ASSERT_TRUE(line.event["id"].is_number_unsigned());
    const std::int64_t at = nanoseconds_at(line, "ts");
    const OpenSlices::Slice* slice = open.innermost(thread_of(line.event));
    ASSERT_NE(slice, nullptr) << line.text;
    EXPECT_EQ(slice->start, at) << line.text;
    EXPECT_GT(slice->end, at) << line.text;
    int& seen = ends[line.event["id"]];
    if (is_a(line, "s")) {
      EXPECT_EQ(seen, 0);
      EXPECT_EQ(slice->category, "communication") << line.text;
      seen = 1;
    } else {
      EXPECT_EQ(seen, 1) << line.text;
      EXPECT_EQ(line.event["bp"], "e");  // else it binds to the next slice of the track
      seen = 2;
    }
    EXPECT_EQ(line.event["name"], "data");  // one id is one arrow for one name and category
    EXPECT_EQ(line.event["cat"], "data");
  }
  EXPECT_GT(ends.size(), 10U);
  for (const auto& [id, seen] : ends) EXPECT_EQ(seen, 2) << id;
}

// json_parser_failure: what is no number has no counter.
TEST_P(PerfettoRules, CountersAreNumbers) {
  for (const Line& line : lines()) {
    if (!is_a(line, "C")) continue;
    ASSERT_FALSE(line.event["args"].empty());
    for (const auto& [key, value] : line.event["args"].items()) {
      ASSERT_TRUE(value.is_number() && std::isfinite(value.get<double>())) << line.text;
    }
    ASSERT_FALSE(line.event.contains("id"));  // would be a counter of its own
  }
}

// Ids are whole numbers of 32 bits (CoerceToUint32). 0 is the idle process. A thread is named by
// its id alone in some versions (UpdateThreadName), and the one that has its process's id is that
// process's main thread: ids of threads are unique in the file, and no process has them.
TEST_P(PerfettoRules, IdsNameOneTrackEach) {
  std::map<std::int64_t, std::int64_t> process_of;
  std::set<std::int64_t> processes;
  std::set<Thread> named;
  std::set<std::int64_t> named_processes;
  for (const Line& line : lines()) {
    const std::int64_t process = line.event["pid"];
    ASSERT_GT(process, 0);
    ASSERT_LT(process, std::int64_t{1} << 32);
    processes.insert(process);
    if (line.event["name"] == "process_name") {
      EXPECT_TRUE(named_processes.insert(process).second) << "named twice";
    }
    if (!line.event.contains("tid")) continue;
    const std::int64_t thread = line.event["tid"];
    ASSERT_LT(thread, std::int64_t{1} << 32);
    ASSERT_EQ(process_of.try_emplace(thread, process).first->second, process);
    if (line.event["name"] == "thread_name") {
      EXPECT_TRUE(named.insert({process, thread}).second) << "named twice";
      EXPECT_FALSE(line.event["args"]["name"].get<std::string>().empty());
    }
  }
  EXPECT_EQ(named_processes, processes);
  for (const auto& [thread, process] : process_of) {
    EXPECT_EQ(processes.count(thread), 0U);
    EXPECT_EQ(named.count({process, thread}), 1U) << "without a name";
  }
}

// A reader has taken bytes above 127 for control characters, and refuses escapes beyond 16 bits.
TEST_P(PerfettoRules, EventsAreAscii) {
  for (const Line& line : lines()) {
    for (const char c : line.text) ASSERT_TRUE(c >= 32 && c < 127) << line.text;
    ASSERT_EQ(line.text.find("\\u"), std::string::npos) << line.text;
  }
}

INSTANTIATE_TEST_SUITE_P(Of, PerfettoRules, testing::ValuesIn(kCases),
                         [](const auto& given) { return std::string(given.param.name); });

// Whatever a job is called is told in otherData, which Perfetto skips, as ASCII. displayTimeUnit
// "ns" made versions of 2020 and 2021 read times as nanoseconds, and counts in stats since
// (json_display_time_unit).
TEST(PerfettoFile, HasTwoMembersAndAnyNames) {
  Written written(kCases[1]);
  written.job.name = "\"a\\b\n\x7f \xc3\xa9 \xf0\x9f\x98\x80 \xff";
  written.job.cluster.name = "}],\"traceEvents\":[";
  const std::string text = written.text();
  for (const char c : text) ASSERT_TRUE(c == '\n' || (c >= 32 && c < 127));
  const auto file = nlohmann::json::parse(text);
  ASSERT_EQ(file.size(), 2U);
  EXPECT_EQ(file["otherData"]["cluster"], written.job.cluster.name);
  EXPECT_EQ(file["otherData"]["job"], "\"a\\b\n\x7f \xc3\xa9 \xf0\x9f\x98\x80 \xef\xbf\xbd");
  EXPECT_EQ(lines_of(text).size(), file["traceEvents"].size());
  EXPECT_EQ(gunzip(gzip(text), text.size(), "a.gz").value(), text);
}

}  // namespace
}  // namespace seqspan::cli::tests
