#include "profiles/import/osu.hpp"

#include <fmt/format.h>

#include <array>
#include <cctype>

#include "sim/errors/quote.hpp"

namespace seqspan::profiles {
namespace {

enum class OsuColumn { kNone, kLatency, kBandwidth };

struct Title {
  std::string_view words;  // lower case letters and blanks of the title
  CollectiveKind kind;
  bool size_is_part;
};

// The longer titles first where one is part of another.
constexpr std::array kTitles = {
    Title{"all-to-all", CollectiveKind::kAllToAll, true},
    Title{"alltoall", CollectiveKind::kAllToAll, true},
    Title{"allgather", CollectiveKind::kAllGather, true},
    Title{"allreduce", CollectiveKind::kAllReduce, false},
    Title{"reduce_scatter", CollectiveKind::kReduceScatter, false},
    Title{"broadcast", CollectiveKind::kBroadcast, false},
    Title{"gather", CollectiveKind::kGather, true},
    Title{"scatter", CollectiveKind::kScatter, true},
    Title{"reduce", CollectiveKind::kReduce, false},
    Title{"bandwidth test", CollectiveKind::kPointToPoint, false},
    Title{"latency test", CollectiveKind::kPointToPoint, false},
};

std::string lower_case(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

class OsuReader {
 public:
  explicit OsuReader(const std::string& file) : file_(file) {}

  sim::Result<void> take(const Line& line) {
    if (line.words.empty()) return {};
    if (line.words.front().text.front() != '#') return take_row(line);
    const std::string text = lower_case(line.text);
    if (text.find("osu") != std::string::npos) return take_title(line, text);
    if (text.find("# size") == 0) return take_columns(line, text);
    const sim::Result<bool> taken = take_header(set_.facts, header_entry(line), file_, line.number);
    if (!taken) return tl::unexpected(taken.error());
    return {};
  }

  RawLog finish() && {
    log_.sets.push_back(std::move(set_));
    return std::move(log_);
  }

 private:
  sim::Result<void> take_title(const Line& line, const std::string& text) {
    set_.line = line.number;
    for (const Title& title : kTitles) {
      if (text.find(title.words) == std::string::npos) continue;
      set_.facts.collective = title.kind;
      set_.size_is_part = title.size_is_part;
      if (title.kind == CollectiveKind::kPointToPoint) set_.facts.ranks = 2;
      return {};
    }
    return sim::input_error("unknown OSU benchmark " + sim::quote(line.text),
                            place(file_, line.number, 1), {},
                            "latency, bandwidth, allgather, allreduce, all-to-all, broadcast, "
                            "gather, scatter, reduce and reduce_scatter are read");
  }

  sim::Result<void> take_columns(const Line& line, const std::string& text) {
    const OsuColumn before = column_;
    if (text.find("latency") != std::string::npos && text.find("(us)") != std::string::npos) {
      column_ = OsuColumn::kLatency;
    } else if (text.find("bandwidth") != std::string::npos &&
               text.find("(mb/s)") != std::string::npos) {
      column_ = OsuColumn::kBandwidth;
    } else {
      return sim::input_error("unknown columns " + sim::quote(line.text),
                              place(file_, line.number, 1),
                              "the second column is Latency (us) or Bandwidth (MB/s)");
    }
    if (before != OsuColumn::kNone && before != column_) {
      return sim::input_error("two tables with different units", place(file_, line.number, 1),
                              "one file holds one benchmark", "split the file");
    }
    if (column_ == OsuColumn::kBandwidth && before == OsuColumn::kNone) {
      log_.warnings.push_back({"window_of_messages",
                               "times are sizes over the bandwidth of a window of messages: small "
                               "sizes look faster than one message is",
                               place(file_, line.number, 1)});
    }
    return {};
  }

  sim::Result<void> take_row(const Line& line) {
    if (!is_count(line.words.front().text)) return {};  // mpirun's words
    if (column_ == OsuColumn::kNone) {
      return sim::input_error("a row before the line of columns",
                              place(file_, line, line.words.front()),
                              "OSU prints '# Size  Latency (us)' or '# Size  Bandwidth (MB/s)'");
    }
    if (line.words.size() < 2) {
      return sim::input_error("a row of 1 column", place(file_, line, line.words.front()),
                              "a row has a size and a value", "is the line cut?");
    }
    const sim::Result<sim::Bytes> size = size_in_bytes(file_, line, line.words[0]);
    if (!size) return tl::unexpected(size.error());
    const bool rate = column_ == OsuColumn::kBandwidth;
    const sim::Result<double> value =
        positive(file_, line, line.words[1], rate ? "a bandwidth" : "a time");
    if (!value) return tl::unexpected(value.error());
    if (size->value() == 0) return {};
    const double seconds =
        rate ? static_cast<double>(size->value()) / (*value * 1e6) : *value / 1e6;
    set_.points.push_back(
        {{*size, sim::Seconds(seconds)}, 0, 0, line.number, line.words[1].column, false});
    return {};
  }

  const std::string& file_;
  RawLog log_;
  RawSet set_;
  OsuColumn column_ = OsuColumn::kNone;
};

}  // namespace

bool is_osu(const std::vector<Line>& lines) {
  for (const Line& line : lines) {
    if (line.words.size() > 1 && line.words[0].text == "#" && line.words[1].text == "OSU") {
      return true;
    }
  }
  return false;
}

sim::Result<RawLog> read_osu(const std::vector<Line>& lines, const std::string& file) {
  OsuReader reader(file);
  for (const Line& line : lines) {
    const sim::Result<void> ok = reader.take(line);
    if (!ok) return tl::unexpected(ok.error());
  }
  return std::move(reader).finish();
}

}  // namespace seqspan::profiles
