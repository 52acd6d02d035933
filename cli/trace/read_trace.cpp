#include "cli/trace/read_trace.hpp"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>

#include "cli/trace/gzip.hpp"

namespace seqspan::cli {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostBytes = std::size_t{1} << 30U;
constexpr double kNanosecondsPerMicrosecond = 1000;
constexpr double kMostMicroseconds = 1e15;  // 31 years

tl::unexpected<sim::Error> no_trace(const std::string& file, const std::string& why) {
  return sim::input_error("this is no trace of seqspan", file, why,
                          "seqspan simulate JOB --layout L --trace FILE writes one");
}

std::int64_t whole_at(const Json& event, const char* key) {
  return event.at(key).get<std::int64_t>();
}

// Throws std::range_error for times that no step has.
std::int64_t time_at(const Json& event, const char* key) {
  const double time = event.at(key).get<double>();
  if (!(time >= 0 && time <= kMostMicroseconds)) throw std::range_error(key);
  return std::llround(time * kNanosecondsPerMicrosecond);
}

void read_name(const Json& event, TraceProcess& process) {
  const std::string name = event.at("name").get<std::string>();
  const Json& args = event.at("args");
  if (name == "process_name") process.name = args.at("name").get<std::string>();
  if (name == "thread_name") {
    process.threads[whole_at(event, "tid")] = args.at("name").get<std::string>();
  }
}

void read_event(Json& event, ReadTrace& trace) {
  const std::string kind = event.at("ph").get<std::string>();
  TraceProcess& process = trace.processes[whole_at(event, "pid")];
  if (kind == "M") {
    read_name(event, process);
  } else if (kind == "X") {
    const std::int64_t start = time_at(event, "ts");
    process.slices.push_back({whole_at(event, "tid"), start, start + time_at(event, "dur"),
                              event.at("name").get<std::string>(),
                              event.at("cat").get<std::string>(), std::move(event.at("args"))});
  } else if (kind == "C") {
    process.counters.push_back(
        {time_at(event, "ts"), event.at("name").get<std::string>(), std::move(event.at("args"))});
  } else if (kind == "s") {
    ++trace.flows;
  }
}

}  // namespace

sim::Result<ReadTrace> parse_trace(const std::string& text, const std::string& file) {
  Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return no_trace(file, "it is no JSON");
  if (!json.is_object() || !json.contains("traceEvents") || !json["traceEvents"].is_array()) {
    return no_trace(file, "it has no traceEvents");
  }
  ReadTrace trace;
  if (const auto other = json.find("otherData"); other != json.end() && other->is_object()) {
    for (const auto& [key, value] : other->items()) {
      if (value.is_string() || value.is_number_integer()) trace.other[key] = value;
    }
  }
  std::size_t index = 0;
  try {
    for (Json& event : json["traceEvents"]) {
      read_event(event, trace);
      ++index;
    }
  } catch (const Json::exception&) {
    return no_trace(file, fmt::format("traceEvents[{}] lacks what such an event has", index));
  } catch (const std::range_error& key) {
    return no_trace(file,
                    fmt::format("traceEvents[{}] has a {} that no step has", index, key.what()));
  }
  if (trace.other.count("producer") == 0) return no_trace(file, "it does not say who wrote it");
  return trace;
}

sim::Result<ReadTrace> read_trace(const std::string& file) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(file, error);
  if (!std::filesystem::exists(status)) {
    return sim::input_error("there is no such file", file, {}, "check the path");
  }
  if (std::filesystem::is_directory(status)) {
    return sim::input_error("this is a directory", file);
  }
  std::ifstream in(file, std::ios::binary);
  if (!in) return sim::environment_error("the file cannot be read", file);
  std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (is_gzip(text)) {
    auto unpacked = gunzip(text, kMostBytes, file);
    if (!unpacked) return tl::unexpected(unpacked.error());
    text = *std::move(unpacked);
  }
  return parse_trace(text, file);
}

}  // namespace seqspan::cli
