#include "profiles/import/plain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "sim/errors/did_you_mean.hpp"
#include "sim/errors/quote.hpp"

namespace seqspan::profiles {
namespace {

enum class PlainColumn { kSize, kTime, kAlgbw, kBusbw };

struct ColumnName {
  std::string_view name;
  PlainColumn column;
};
constexpr std::array kColumns = {
    ColumnName{"size_bytes", PlainColumn::kSize}, ColumnName{"time_us", PlainColumn::kTime},
    ColumnName{"algbw_GBps", PlainColumn::kAlgbw}, ColumnName{"busbw_GBps", PlainColumn::kBusbw}};

const std::vector<std::string>& keys() {
  static const std::vector<std::string> kKeys = {"collective", "ranks",   "nodes",   "source",
                                                 "date",       "variant", "columns", "placement"};
  return kKeys;
}

struct Header {
  LogFacts facts;
  std::vector<PlainColumn> columns;
  bool in_place = false;
};

class PlainReader {
 public:
  explicit PlainReader(const std::string& file) : file_(file) {}

  sim::Result<void> take(const Line& line) {
    if (line.words.empty() || line.words.front().text.front() == '#') return {};
    if (line.words.front().text == "---") {
      start_set(line.number + 1);
      return {};
    }
    const HeaderEntry entry = header_entry(line);
    if (!entry.key.empty()) return take_key(line, entry);
    return take_row(line);
  }

  RawLog finish() && {
    flush();
    return std::move(log_);
  }

 private:
  void flush() {
    set_.facts = header_.facts;
    if (!set_.points.empty()) log_.sets.push_back(std::move(set_));
    set_ = RawSet();
  }

  void start_set(std::int64_t line) {
    if (!common_) common_ = set_.points.empty() ? header_ : Header();
    flush();
    header_ = *common_;
    set_.line = line;
  }

  sim::Result<void> take_key(const Line& line, const HeaderEntry& entry) {
    if (!set_.points.empty()) {
      return sim::input_error(fmt::format("'{}' after the rows of a set", entry.key),
                              place(file_, line, line.words.front()), {},
                              "start the next set with a line of ---");
    }
    if (entry.key == "columns") return take_columns(line);
    if (entry.key == "placement") {
      if (entry.value == "in_place" || entry.value == "out_of_place") {
        header_.in_place = entry.value == "in_place";
        return {};
      }
      return sim::input_error("unknown placement " + sim::quote(entry.value),
                              place(file_, line.number, entry.column), {},
                              "out_of_place or in_place");
    }
    const sim::Result<bool> taken = take_header(header_.facts, entry, file_, line.number);
    if (!taken) return tl::unexpected(taken.error());
    if (*taken) return {};
    return sim::input_error("unknown key " + sim::quote(entry.key),
                            place(file_, line, line.words.front()), {},
                            sim::did_you_mean(entry.key, keys(), "keys"));
  }

  sim::Result<void> take_columns(const Line& line) {
    header_.columns.clear();
    for (std::size_t i = 1; i < line.words.size(); ++i) {
      const auto* found =
          std::find_if(kColumns.begin(), kColumns.end(),
                       [&](const ColumnName& column) { return column.name == line.words[i].text; });
      if (found == kColumns.end()) {
        std::vector<std::string> names;
        names.reserve(kColumns.size());
        for (const ColumnName& column : kColumns) names.emplace_back(column.name);
        return sim::input_error("unknown column " + sim::quote(line.words[i].text),
                                place(file_, line, line.words[i]),
                                "every column has one unit, which its name says",
                                sim::did_you_mean(line.words[i].text, names, "columns"));
      }
      if (has(found->column)) {
        return sim::input_error("column " + sim::quote(found->name) + " is named twice",
                                place(file_, line, line.words[i]));
      }
      header_.columns.push_back(found->column);
    }
    if (has(PlainColumn::kSize) && header_.columns.size() > 1) return {};
    return sim::input_error("these columns do not give times by size",
                            place(file_, line, line.words.front()), {},
                            "columns: size_bytes time_us");
  }

  [[nodiscard]] bool has(PlainColumn column) const {
    return std::find(header_.columns.begin(), header_.columns.end(), column) !=
           header_.columns.end();
  }

  sim::Result<void> take_row(const Line& line) {
    if (header_.columns.empty()) {
      return sim::input_error("a row before the columns are named",
                              place(file_, line, line.words.front()), {},
                              "columns: size_bytes time_us");
    }
    if (line.words.size() != header_.columns.size()) {
      return sim::input_error(fmt::format("a row of {} columns", line.words.size()),
                              place(file_, line, line.words.back()),
                              fmt::format("'columns' names {}", header_.columns.size()));
    }
    RawPoint point;
    point.line = line.number;
    point.in_place = header_.in_place;
    for (std::size_t i = 0; i < line.words.size(); ++i) {
      sim::Result<void> ok = take_cell(line, line.words[i], header_.columns[i], point);
      if (!ok) return ok;
    }
    if (set_.points.empty()) set_.line = line.number;
    set_.points.push_back(point);
    return {};
  }

  sim::Result<void> take_cell(const Line& line, const Word& word, PlainColumn column,
                              RawPoint& point) {
    if (column == PlainColumn::kSize) {
      const sim::Result<sim::Bytes> size = size_in_bytes(file_, line, word);
      if (!size) return tl::unexpected(size.error());
      if (size->value() == 0) {
        return sim::input_error("a size cannot be 0", place(file_, line, word));
      }
      point.point.size = *size;
      return {};
    }
    const bool timed = has(PlainColumn::kTime);
    const bool is_time = column == PlainColumn::kTime;
    // Bandwidths beside a time may be rounded to 0; where there is no time they are all there is.
    const sim::Result<double> value =
        is_time || !timed ? positive(file_, line, word, is_time ? "a time" : "a bandwidth")
                          : not_negative(file_, line, word, "a bandwidth");
    if (!value) return tl::unexpected(value.error());
    if (is_time || point.column == 1) point.column = word.column;
    if (is_time) point.point.time = sim::Seconds(*value / 1e6);
    if (column == PlainColumn::kAlgbw) point.algbw = *value * sim::kGiga;
    if (column == PlainColumn::kBusbw) point.busbw = *value * sim::kGiga;
    return {};
  }

  const std::string& file_;
  RawLog log_;
  RawSet set_;
  Header header_;
  std::optional<Header> common_;
};

void add_key(std::string& text, const char* key, const std::string& value) {
  if (!value.empty()) text += fmt::format("{}: {}\n", key, value);
}

}  // namespace

bool is_plain(const std::vector<Line>& lines) {
  return std::any_of(lines.begin(), lines.end(), [](const Line& line) {
    return !line.words.empty() && line.words.front().text == "columns:";
  });
}

sim::Result<RawLog> read_plain(const std::vector<Line>& lines, const std::string& file) {
  PlainReader reader(file);
  for (const Line& line : lines) {
    const sim::Result<void> ok = reader.take(line);
    if (!ok) return tl::unexpected(ok.error());
  }
  return std::move(reader).finish();
}

std::string plain_text(const std::vector<MeasurementSet>& sets) {
  std::string text = "columns: size_bytes time_us\n";
  for (const MeasurementSet& set : sets) {
    text += fmt::format("---\ncollective: {}\nranks: {}\nnodes: {}\n",
                        name_of(set.group.collective), set.group.ranks, set.group.nodes);
    if (set.in_place) text += "placement: in_place\n";
    add_key(text, "variant", set.variant);
    add_key(text, "source", set.source);
    add_key(text, "date", set.date);
    for (const MeasuredPoint& point : set.points) {
      text += fmt::format("{} {:.9g}\n", point.size.value(), point.time.value() * 1e6);
    }
  }
  return text;
}

}  // namespace seqspan::profiles
