#include "profiles/import/nccl_tests_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "sim/errors/quote.hpp"

namespace seqspan::profiles {
namespace {

constexpr std::size_t kNoColumn = static_cast<std::size_t>(-1);

// Positions of one group of columns in a row.
struct Columns {
  std::size_t time = kNoColumn;
  std::size_t algbw = kNoColumn;
  std::size_t busbw = kNoColumn;
  std::size_t wrong = kNoColumn;
};

struct Layout {
  std::size_t width = 0;  // words of a row; 0: not known, no header line yet
  Columns out_of_place;
  Columns in_place;
};

// Rows without a header line end in two groups of time, algbw, busbw, check.
Layout usual_layout(std::size_t width) {
  return {width,
          {width - 8, width - 7, width - 6, width - 5},
          {width - 4, width - 3, width - 2, width - 1}};
}

bool is_row(const Line& line) {
  return line.words.size() >= 2 && is_count(line.words[0].text) && is_count(line.words[1].text);
}

// The words of a header line without the '#' in front.
std::vector<std::string_view> titles_of(const Line& line) {
  std::vector<std::string_view> titles;
  for (const Word& word : line.words) {
    if (word.text != "#") titles.push_back(word.text);
  }
  return titles;
}

bool is_title_line(const Line& line) {
  const std::vector<std::string_view> titles = titles_of(line);
  return titles.size() > 4 && titles[0] == "size" && titles[1] == "count";
}

Layout layout_of(const Line& line) {
  Layout layout;
  const std::vector<std::string_view> titles = titles_of(line);
  for (std::size_t i = 0; i < titles.size(); ++i) {
    const std::string_view title = titles[i];
    const bool is_time = title == "time" || title == "cputime";
    const bool first = layout.out_of_place.time == kNoColumn;
    if (is_time) (first ? layout.out_of_place : layout.in_place).time = i;
    Columns& group = layout.in_place.time == kNoColumn ? layout.out_of_place : layout.in_place;
    if (title == "algbw") group.algbw = i;
    if (title == "busbw") group.busbw = i;
    if (title == "#wrong" || title == "error") group.wrong = i;
  }
  layout.width = titles.size();
  return layout;
}

// The line under the titles: "# (B) (elements) (us) (GB/s) ...".
bool is_unit_line(const Line& line) {
  return std::any_of(line.words.begin(), line.words.end(),
                     [](const Word& word) { return word.text == "(B)"; }) ||
         std::any_of(line.words.begin(), line.words.end(),
                     [](const Word& word) { return word.text == "(elements)"; });
}

sim::Result<void> check_units(const Line& line, const std::string& file) {
  constexpr std::array<std::string_view, 5> kKnown = {"(B)", "(elements)", "(us)", "(GB/s)", "(%)"};
  for (const Word& word : line.words) {
    if (word.text.front() != '(') continue;
    if (std::find(kKnown.begin(), kKnown.end(), word.text) != kKnown.end()) continue;
    return sim::input_error("unknown unit " + sim::quote(word.text), place(file, line, word),
                            "nccl-tests prints (B), (us) and (GB/s); other units are not mixed in",
                            "convert the column, or write the plain format (docs/formats/log.md)");
  }
  return {};
}

class NcclTestsReader {
 public:
  explicit NcclTestsReader(const std::string& file) : file_(file) {}

  sim::Result<void> take(const Line& line) {
    if (line.words.empty()) return {};
    if (is_row(line)) return take_row(line);
    if (is_title_line(line)) {
      layout_ = layout_of(line);
      if (set_.line == 1) set_.line = line.number;
      return {};
    }
    if (is_unit_line(line)) return check_units(line, file_);
    take_rank(line);
    const sim::Result<bool> taken = take_header(set_.facts, header_entry(line), file_, line.number);
    if (!taken) return tl::unexpected(taken.error());
    if (!set_.facts.collective) set_.facts.collective = benchmark_named_in(line.text);
    return {};
  }

  RawLog finish() && {
    if (ranks_ > 0 && !set_.facts.ranks) set_.facts.ranks = ranks_;
    if (!hosts_.empty() && !set_.facts.nodes) {
      set_.facts.nodes = static_cast<std::int64_t>(hosts_.size());
    }
    log_.sets.push_back(std::move(set_));
    return std::move(log_);
  }

 private:
  // "#  Rank  0 Group  0 Pid   6899 on HOST device  0 [0x04] ..."; the '#' may be missing.
  void take_rank(const Line& line) {
    std::size_t at = line.words.front().text == "#" ? 1 : 0;
    if (line.words.size() < at + 6 || line.words[at].text != "Rank") return;
    for (; at + 2 < line.words.size(); ++at) {
      if (line.words[at].text == "on" && line.words[at + 2].text == "device") {
        ++ranks_;
        hosts_.emplace(line.words[at + 1].text);
        return;
      }
    }
  }

  sim::Result<Layout> layout_for(const Line& line) const {
    std::size_t width = line.words.size();
    if (layout_.width == 0 && width >= 11 && width <= 13) return usual_layout(width);
    // A time stamp takes two words under one title.
    if (layout_.width > 0 && (width == layout_.width || width == layout_.width + 1)) return layout_;
    const std::string expected =
        layout_.width > 0 ? fmt::format("{} as the header line", layout_.width) : "11 to 13";
    return sim::input_error(fmt::format("a row of {} columns", width),
                            place(file_, line, line.words.back()),
                            fmt::format("a row of nccl-tests has {}", expected),
                            "is the line cut, or two lines joined?");
  }

  sim::Result<void> take_row(const Line& line) {
    const sim::Result<Layout> layout = layout_for(line);
    if (!layout) return tl::unexpected(layout.error());
    const sim::Result<sim::Bytes> size = size_in_bytes(file_, line, line.words[0]);
    if (!size) return tl::unexpected(size.error());
    if (size->value() == 0) return {};  // too small for one element per rank: nothing was sent
    for (const bool in_place : {false, true}) {
      const Columns& columns = in_place ? layout->in_place : layout->out_of_place;
      if (columns.time == kNoColumn) continue;
      sim::Result<void> ok = take_point(line, columns, *size, in_place);
      if (!ok) return ok;
    }
    return {};
  }

  sim::Result<void> take_point(const Line& line, const Columns& columns, sim::Bytes size,
                               bool in_place) {
    const Word& word = line.words[columns.time];
    if (word.text == "N/A") return {};
    const sim::Result<double> time = positive(file_, line, word, "a time");
    if (!time) return tl::unexpected(time.error());
    RawPoint point{{size, sim::Seconds(*time / 1e6)}, 0, 0, line.number, word.column, in_place};
    for (const bool bus : {false, true}) {
      const std::size_t at = bus ? columns.busbw : columns.algbw;
      if (at == kNoColumn) continue;
      const sim::Result<double> rate = not_negative(file_, line, line.words[at], "a bandwidth");
      if (!rate) return tl::unexpected(rate.error());
      (bus ? point.busbw : point.algbw) = *rate * sim::kGiga;
    }
    if (columns.wrong != kNoColumn && line.words[columns.wrong].text != "N/A") {
      const Word& check = line.words[columns.wrong];
      const sim::Result<double> wrong = not_negative(file_, line, check, "the check column");
      if (!wrong) return tl::unexpected(wrong.error());
      // Old versions print the largest error instead of a count: 1e-07 is rounding.
      if (*wrong >= 1e-2) {
        log_.warnings.push_back(
            {"wrong_results",
             fmt::format("the check column counts {} wrong values; the row is left out",
                         check.text),
             place(file_, line, check)});
        return {};
      }
    }
    if (set_.points.empty() && set_.line == 1) set_.line = line.number;
    set_.points.push_back(point);
    return {};
  }

  const std::string& file_;
  RawLog log_;
  RawSet set_;
  Layout layout_;
  std::int64_t ranks_ = 0;
  std::set<std::string, std::less<>> hosts_;
};

}  // namespace

sim::Result<RawLog> read_nccl_tests_text(const std::vector<Line>& lines, const std::string& file) {
  NcclTestsReader reader(file);
  for (const Line& line : lines) {
    const sim::Result<void> ok = reader.take(line);
    if (!ok) return tl::unexpected(ok.error());
  }
  return std::move(reader).finish();
}

}  // namespace seqspan::profiles
