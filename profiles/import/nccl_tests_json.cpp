#include "profiles/import/nccl_tests_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace seqspan::profiles {
namespace {

using sim::json::Kind;
using sim::json::Value;

tl::unexpected<sim::Error> wrong(const Value& value, const std::string& path, std::string what,
                                 std::string why) {
  return sim::input_error(std::move(what), sim::json::where(value.place, path), std::move(why));
}

std::string text_of(const Value& object, std::string_view key) {
  const Value* value = object.find(key);
  return value != nullptr && value->kind == Kind::kText ? value->text : "";
}

sim::Result<double> number_of(const Value& object, const std::string& path, const std::string& key,
                              bool zero) {
  const Value* value = object.find(key);
  if (value == nullptr) return wrong(object, path, "no '" + key + "'", "nccl-tests -J writes it");
  const bool number = value->kind == Kind::kInteger || value->kind == Kind::kReal;
  const double result =
      value->kind == Kind::kInteger ? static_cast<double>(value->integer) : value->real;
  if (number && (result > 0 || (zero && result == 0))) return result;
  return wrong(*value, sim::json::join(path, key),
               fmt::format("'{}' cannot be {}", key, sim::json::show(*value)),
               fmt::format("it must be a number {} 0", zero ? "of at least" : "above"));
}

std::int64_t count_or_one(const Value& object, std::string_view key) {
  const Value* value = object.find(key);
  return value != nullptr && value->kind == Kind::kInteger
             ? std::max<std::int64_t>(1, value->integer)
             : 1;
}

LogFacts facts_of(const Value& document) {
  LogFacts facts;
  facts.date = text_of(document, "start_time");
  const Value* arguments = document.find("args");
  if (arguments != nullptr && !arguments->items.empty() &&
      arguments->items.front().kind == Kind::kText) {
    facts.collective = benchmark_named_in(arguments->items.front().text);
  }
  const Value* config = document.find("config");
  const Value* devices = config != nullptr ? config->find("devices") : nullptr;
  if (devices == nullptr || devices->items.empty()) return facts;
  std::set<std::string> hosts;
  for (const Value& device : devices->items) hosts.insert(text_of(device, "hostname"));
  facts.ranks = static_cast<std::int64_t>(devices->items.size()) *
                count_or_one(*config, "nthreads") * count_or_one(*config, "ngpus");
  facts.nodes = static_cast<std::int64_t>(hosts.size());
  return facts;
}

sim::Result<void> take_group(const Value& result, const std::string& path, const std::string& key,
                             RawSet& set, RawLog& log) {
  const Value* group = result.find(key);
  if (group == nullptr || group->kind == Kind::kNull) return {};
  const std::string inner = sim::json::join(path, key);
  if (group->kind != Kind::kObject) {
    return wrong(*group, inner, fmt::format("'{}' cannot be {}", key, sim::json::show(*group)),
                 "it must be an object or null");
  }
  const sim::Result<double> size = number_of(result, path, "size", true);
  if (!size) return tl::unexpected(size.error());
  if (*size == 0) return {};
  const sim::Result<double> time = number_of(*group, inner, "time", false);
  if (!time) return tl::unexpected(time.error());
  const sim::Result<double> algbw = number_of(*group, inner, "alg_bw", true);
  if (!algbw) return tl::unexpected(algbw.error());
  const sim::Result<double> busbw = number_of(*group, inner, "bus_bw", true);
  if (!busbw) return tl::unexpected(busbw.error());
  const Value* check = group->find("nwrong");
  if (check != nullptr && check->kind != Kind::kNull) {
    const sim::Result<double> count = number_of(*group, inner, "nwrong", true);
    if (!count) return tl::unexpected(count.error());
    if (*count > 0) {
      log.warnings.push_back(
          {"wrong_results",
           fmt::format("the check counts {} wrong values; the row is left out", *count),
           sim::json::where(check->place, sim::json::join(inner, "nwrong"))});
      return {};
    }
  }
  set.points.push_back({{sim::Bytes(static_cast<std::int64_t>(*size)), sim::Seconds(*time / 1e6)},
                        *algbw * sim::kGiga,
                        *busbw * sim::kGiga,
                        group->place.line,
                        group->place.column,
                        key == "in_place"});
  return {};
}

}  // namespace

sim::Result<RawLog> read_nccl_tests_json(const Value& document, const std::string& /*file*/) {
  const Value* results = document.find("results");
  if (results == nullptr || results->kind != Kind::kArray) {
    return wrong(document, {}, "no array 'results'", "nccl-tests -J writes one");
  }
  RawLog log;
  RawSet set;
  set.facts = facts_of(document);
  set.line = results->place.line;
  for (std::size_t i = 0; i < results->items.size(); ++i) {
    const std::string path = fmt::format("results[{}]", i);
    for (const char* key : {"out_of_place", "in_place"}) {
      const sim::Result<void> ok = take_group(results->items[i], path, key, set, log);
      if (!ok) return tl::unexpected(ok.error());
    }
  }
  log.sets.push_back(std::move(set));
  return log;
}

}  // namespace seqspan::profiles
