#include "profiles/import/raw_log.hpp"

#include <fmt/format.h>

#include <charconv>

#include "sim/errors/did_you_mean.hpp"
#include "sim/errors/quote.hpp"

namespace seqspan::profiles {
namespace {

constexpr std::int64_t kMostLogRanks = 1 << 24;

sim::Result<std::int64_t> count_of(const HeaderEntry& entry, const std::string& file,
                                   std::int64_t line) {
  std::int64_t count = 0;
  const auto [end, failure] =
      std::from_chars(entry.value.data(), entry.value.data() + entry.value.size(), count);
  if (failure == std::errc{} && end == entry.value.data() + entry.value.size() && count >= 1 &&
      count <= kMostLogRanks) {
    return count;
  }
  return sim::input_error(fmt::format("'{}' cannot be {}", entry.key, sim::quote(entry.value)),
                          place(file, line, entry.column),
                          fmt::format("it must be a whole number from 1 to {}", kMostLogRanks));
}

}  // namespace

sim::Result<bool> take_header(LogFacts& facts, const HeaderEntry& entry, const std::string& file,
                              std::int64_t line) {
  if (entry.key == "collective") {
    facts.collective = collective_named(entry.value);
    if (!facts.collective) {
      return sim::input_error("unknown collective " + sim::quote(entry.value),
                              place(file, line, entry.column), {},
                              sim::did_you_mean(entry.value, collective_names(), "collectives"));
    }
    return true;
  }
  if (entry.key == "ranks" || entry.key == "nodes") {
    const sim::Result<std::int64_t> count = count_of(entry, file, line);
    if (!count) return tl::unexpected(count.error());
    (entry.key == "ranks" ? facts.ranks : facts.nodes) = *count;
    return true;
  }
  std::string* text = nullptr;
  if (entry.key == "source") text = &facts.source;
  if (entry.key == "date") text = &facts.date;
  if (entry.key == "variant") text = &facts.variant;
  if (text == nullptr) return false;
  *text = sim::printable(entry.value);
  return true;
}

std::optional<CollectiveKind> benchmark_named_in(std::string_view text) {
  std::size_t at = text.find("_perf");
  while (at != std::string_view::npos) {
    std::size_t start = at;
    while (start > 0 &&
           (text[start - 1] == '_' || (text[start - 1] >= 'a' && text[start - 1] <= 'z'))) {
      --start;
    }
    if (const auto kind = collective_named(text.substr(start, at - start))) return kind;
    at = text.find("_perf", at + 1);
  }
  return std::nullopt;
}

}  // namespace seqspan::profiles
