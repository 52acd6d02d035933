#include "cli/render/diff_report.hpp"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "cli/render/format_version.hpp"
#include "cli/render/quantity.hpp"
#include "cli/render/table.hpp"
#include "sim/units/format_units.hpp"

namespace seqspan::cli {
namespace {

using sim::json::Kind;
using sim::json::Value;

constexpr const char* kThere = "there";

struct Leaf {
  std::string path;
  const Value* value;
};

// Of an entry of an array, what tells it from the others.
std::string name_of_entry(const Value& entry) {
  for (const char* key : {"name", "op", "key"}) {
    const Value* name = entry.kind == Kind::kObject ? entry.find(key) : nullptr;
    if (name != nullptr && name->kind == Kind::kText) return name->text;
  }
  return {};
}

void collect(const std::string& path, const Value& value, std::vector<Leaf>& leaves) {
  if (value.kind == Kind::kObject) {
    for (const sim::json::Member& member : value.members) {
      collect(sim::json::join(path, member.key), member.value, leaves);
    }
    return;
  }
  if (value.kind == Kind::kArray) {
    std::map<std::string, int> seen;
    for (std::size_t i = 0; i < value.items.size(); ++i) {
      std::string name = name_of_entry(value.items[i]);
      if (name.empty()) {
        name = std::to_string(i);
      } else if (const int count = ++seen[name]; count > 1) {
        name += fmt::format(", {}", count);  // of one name: by their order
      }
      collect(fmt::format("{}[{}]", path, name), value.items[i], leaves);
    }
    return;
  }
  if (path == "search_seconds") return;
  leaves.push_back({path, &value});
}

// "traffic[all-to-all Q]" of "traffic[all-to-all Q].count": the entries that a value lies in, from
// the outermost.
std::vector<std::string> entries_of(const std::string& path) {
  std::vector<std::string> entries;
  for (std::size_t at = path.find(']'); at != std::string::npos; at = path.find(']', at + 1)) {
    entries.push_back(path.substr(0, at + 1));
  }
  return entries;
}

std::set<std::string> all_entries(const std::vector<Leaf>& leaves) {
  std::set<std::string> all;
  for (const Leaf& leaf : leaves) {
    for (std::string& entry : entries_of(leaf.path)) all.insert(std::move(entry));
  }
  return all;
}

// The outermost entry of the value that is not among the others; empty: it is the value alone.
std::string missing_entry(const std::string& path, const std::set<std::string>& others) {
  for (std::string& entry : entries_of(path)) {
    if (others.count(entry) == 0) return std::move(entry);
  }
  return {};
}

std::string text_of(const Value& value) {
  if (value.kind == Kind::kNull) return "null";
  if (value.kind == Kind::kBoolean) return value.boolean ? "true" : "false";
  return value.text;
}

std::optional<double> number_in(const std::string& text) {
  if (text.empty()) return std::nullopt;
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (*end != 0) return std::nullopt;
  return value;
}

bool ends_with(const std::string& path, std::string_view unit) {
  return path.size() > unit.size() && path.ends_with(unit);
}

// Numbers in the unit that the key names, digests in their first digits.
std::string readable(const std::string& path, const std::string& text) {
  const std::optional<double> number = number_in(text);
  if (number && ends_with(path, "_seconds")) return sim::format_time(sim::Seconds(*number));
  // "memory.by_role_bytes.parameters": the unit is in the object's name.
  if (number && path.find("_bytes") != std::string::npos) {
    return sim::format_bytes(sim::Bytes(static_cast<std::int64_t>(*number)));
  }
  if (number && path.find("_seconds.") != std::string::npos) {
    return sim::format_time(sim::Seconds(*number));
  }
  if (ends_with(path, "sha256")) return text.substr(0, 12);
  if (number && text.find('.') != std::string::npos) return fmt::format("{:.4g}", *number);
  return text;
}

// The end of a long text tells more than its beginning.
std::string shortened(std::string text) {
  constexpr std::size_t kLongest = 26;
  if (text.size() <= kLongest) return text;
  return "..." + text.substr(text.size() - (kLongest - 3));
}

// "time" of "time.step_seconds", "best" of "best[0].memory.peak_bytes".
std::string section_of(const std::string& path) { return path.substr(0, path.find_first_of(".[")); }

std::string change(const ResultDifference& row) {
  const std::optional<double> first = number_in(row.first);
  const std::optional<double> second = number_in(row.second);
  if (!first || !second || *first == 0) return "";
  return fmt::format("{:+.1f} %", (*second / *first - 1) * 100);
}

}  // namespace

ResultDifferences differences_of(const Value& first, const Value& second) {
  std::vector<Leaf> of_first;
  std::vector<Leaf> of_second;
  collect("", first, of_first);
  collect("", second, of_second);
  std::map<std::string, const Value*> others;
  for (const Leaf& leaf : of_second) others.emplace(leaf.path, leaf.value);
  const std::set<std::string> entries_of_first = all_entries(of_first);
  const std::set<std::string> entries_of_second = all_entries(of_second);
  ResultDifferences differences;
  std::set<std::string> told;  // entries that only one has, each in one row
  for (const Leaf& leaf : of_first) {
    ++differences.values;
    const auto other = others.find(leaf.path);
    const std::string mine = text_of(*leaf.value);
    if (other == others.end()) {
      const std::string entry = missing_entry(leaf.path, entries_of_second);
      if (entry.empty()) differences.rows.push_back({leaf.path, mine, ""});
      if (!entry.empty() && told.insert(entry).second) {
        differences.rows.push_back({entry, kThere, ""});
      }
      continue;
    }
    const std::string theirs = text_of(*other->second);
    if (mine != theirs) differences.rows.push_back({leaf.path, mine, theirs});
    others.erase(other);
  }
  for (const Leaf& leaf : of_second) {
    if (others.count(leaf.path) == 0) continue;
    ++differences.values;
    const std::string entry = missing_entry(leaf.path, entries_of_first);
    if (entry.empty()) differences.rows.push_back({leaf.path, "", text_of(*leaf.value)});
    if (!entry.empty() && told.insert(entry).second) {
      differences.rows.push_back({entry, "", kThere});
    }
  }
  return differences;
}

std::string diff_report(const Style& style, const DiffArguments& arguments,
                        const ResultDifferences& differences) {
  if (differences.rows.empty()) {
    return fmt::format("{} and {} say the same: {}\n", arguments.first, arguments.second,
                       counted(differences.values, "value"));
  }
  Table table({{"", Align::kLeft, true},
               {"first", Align::kRight},
               {"second", Align::kRight},
               {"", Align::kRight}});
  std::string section;
  for (const ResultDifference& row : differences.rows) {
    const bool is_new = section_of(row.path) != section;
    section = section_of(row.path);
    if (is_new) table.section(section);
    std::string rest = row.path.substr(section.size());
    if (rest.rfind('.', 0) == 0) rest.erase(0, 1);
    const auto shown = [&](const std::string& text) {
      return text.empty() ? "-" : shortened(readable(row.path, text));
    };
    table.add({rest, shown(row.first), shown(row.second), change(row)});
  }
  return fmt::format("first:  {}\nsecond: {}\n", arguments.first, arguments.second) +
         table.text(style) +
         fmt::format("{} of {} differ\n", sim::format_count(std::ssize(differences.rows)),
                     counted(differences.values, "value"));
}

std::string diff_json(const ResultDifferences& differences) {
  nlohmann::ordered_json object = {{"format_version", kFormatVersion},
                                   {"values", differences.values},
                                   {"differences", nlohmann::ordered_json::array()}};
  for (const ResultDifference& row : differences.rows) {
    nlohmann::ordered_json entry = {{"path", row.path}};
    if (!row.first.empty()) entry["first"] = row.first;
    if (!row.second.empty()) entry["second"] = row.second;
    object["differences"].push_back(std::move(entry));
  }
  return object.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace seqspan::cli
