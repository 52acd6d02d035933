#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "cli/page/drawings.hpp"
#include "cli/page/html.hpp"
#include "sim/units/format_units.hpp"

namespace seqspan::cli {
namespace {

constexpr double kWidth = 1000;
constexpr double kLeft = 104;
constexpr double kRow = 22;
constexpr double kBar = 15;
constexpr double kHead = 20;
// What is narrower is not seen: intervals closer than this become one.
constexpr double kPixel = 0.8;

// Intervals of one colour on one row, as one path.
class Intervals {
 public:
  void add(double from, double to) {
    if (!path_.empty() && from - to_ < kPixel) {
      to_ = std::max(to_, to);
      return;
    }
    flush();
    from_ = from;
    to_ = to;
    open_ = true;
    path_ += " ";
  }
  [[nodiscard]] std::string path(double y, std::string_view colour, std::string_view title) {
    flush();
    std::string text = fmt::format("<path class=\"{}\" d=\"", colour);
    for (const auto& [from, to] : parts_) {
      const double width = std::max(to - from, kPixel);
      text += fmt::format("M{:.1f} {:.0f}h{:.1f}v{:.0f}h-{:.1f}z", from, y, width, kBar, width);
    }
    return text + fmt::format("\"><title>{}</title></path>\n", html_escaped(title));
  }
  [[nodiscard]] bool empty() const { return path_.empty(); }

 private:
  void flush() {
    if (open_) parts_.emplace_back(from_, to_);
    open_ = false;
  }
  std::string path_;
  std::vector<std::pair<double, double>> parts_;
  double from_ = 0;
  double to_ = 0;
  bool open_ = false;
};

// Forward, backward, communication, host, optimizer.
enum class Shade : std::uint8_t { kForward, kBackward, kCommunication, kHost, kUpdate };

struct Span {
  sim::Stream stream;
  Shade shade;
  double start;  // seconds
  double end;
};
constexpr std::array<const char*, 5> kShadeClass = {"c0", "c3", "c4", "c5", "c2"};
constexpr std::array<const char*, 5> kShadeName = {"forward", "backward", "communication",
                                                   "host copies", "optimizer"};

class StepDrawing {
 public:
  explicit StepDrawing(const sim::StepTimeline& timeline)
      : timeline_(timeline), scale_((kWidth - kLeft) / timeline.end) {}

  std::string svg() {
    std::string rows;
    for (const sim::StageTimeline& stage : timeline_.stages) rows += stage_rows(stage);
    const double height = y_ + kHead;
    std::string svg = fmt::format(
        "<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"when each stream works\">\n", kWidth,
        height);
    constexpr int kTicks = 5;
    for (int i = 0; i <= kTicks; ++i) {
      const double share = static_cast<double>(i) / kTicks;
      const double x = kLeft + share * (kWidth - kLeft);
      svg += fmt::format(
          "<line class=\"rule\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"0\" y2=\"{1}\"/><text "
          "class=\"axis\" x=\"{0:.1f}\" y=\"{2}\" text-anchor=\"{3}\">{4}</text>\n",
          x, y_, y_ + 14,
          i == kTicks ? "end"
          : i == 0    ? "start"
                      : "middle",
          sim::format_time(sim::Seconds(share * timeline_.end)));
    }
    return svg + rows + "</svg>\n";
  }

 private:
  using Row = std::array<Intervals, kShadeClass.size()>;

  std::string stage_rows(const sim::StageTimeline& stage) {
    const sim::Program& program = *timeline_.program;
    std::array<Row, sim::kStreamCount> rows;
    const auto add = [&](sim::Stream stream, Shade shade, double start, double end) {
      rows[static_cast<std::size_t>(stream)][static_cast<std::size_t>(shade)].add(
          kLeft + start * scale_, kLeft + end * scale_);
    };
    const sim::BlocksOfSlots blocks(program, stage);
    std::vector<std::optional<std::vector<Span>>> spans(blocks.keys());
    for (const sim::PipelineSlot& slot : stage.slots) {
      add(sim::Stream::kCompute, slot.forward ? Shade::kForward : Shade::kBackward, slot.start,
          slot.end);
      std::optional<std::vector<Span>>& known = spans[blocks.key_of(slot)];
      if (!known) known = communication_of(stage, slot, blocks.of(slot));
      for (const Span& span : *known) {
        add(span.stream, span.shade, slot.start + span.start, slot.start + span.end);
      }
    }
    for (const sim::TimedOp& op : stage.update.ops) {
      add(program.ops[op.op].stream, Shade::kUpdate, timeline_.update_start + op.start,
          timeline_.update_start + op.end);
    }
    std::string text;
    if (program.pipeline_stages > 1) {
      const sim::StageClass& of = program.stages[stage.stage_class];
      const std::string as =
          of.count > 1 ? fmt::format(" (as to {})", of.first_stage + of.count - 1) : "";
      text += fmt::format("<text class=\"axis\" x=\"0\" y=\"{}\">stage {}{}</text>\n", y_ + 13,
                          stage.stage, as);
      y_ += kHead;
    }
    for (std::size_t s = 0; s < rows.size(); ++s) text += row(static_cast<sim::Stream>(s), rows[s]);
    return text;
  }

  // What the streams beside compute do in a slot, from its start; what is closer than can be seen
  // is one.
  [[nodiscard]] std::vector<Span> communication_of(const sim::StageTimeline& stage,
                                                   const sim::PipelineSlot& slot,
                                                   const sim::SlotBlocks& blocks) const {
    std::vector<Span> spans;
    if (blocks.first == blocks.last) return spans;
    const sim::Program& program = *timeline_.program;
    const sim::TimedMicroBatch& timed =
        stage.of(sim::kind_of(slot.micro_batch, program.micro_batches));
    const sim::TimedBlock& end = timed.blocks[blocks.last - 1];
    for (std::size_t i = timed.blocks[blocks.first].first; i < end.first + end.count; ++i) {
      const sim::TimedOp& timed_op = timed.ops[i];
      const sim::Op& op = program.ops[timed_op.op];
      if (op.stream == sim::Stream::kCompute) continue;
      const Span span{op.stream, uses_host(op) ? Shade::kHost : Shade::kCommunication,
                      timed_op.start - blocks.start, timed_op.end - blocks.start};
      const auto before = std::find_if(spans.rbegin(), spans.rend(), [&](const Span& one) {
        return one.stream == span.stream && one.shade == span.shade;
      });
      if (before != spans.rend() && (span.start - before->end) * scale_ < kPixel) {
        before->end = std::max(before->end, span.end);
      } else {
        spans.push_back(span);
      }
    }
    return spans;
  }

  std::string row(sim::Stream stream, Row& row) {
    if (std::all_of(row.begin(), row.end(), [](const Intervals& of) { return of.empty(); })) {
      return "";
    }
    std::string text = fmt::format(
        "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text><rect class=\"track\" x=\"{}\" "
        "y=\"{}\" width=\"{}\" height=\"{}\"/>",
        kLeft - 8, y_ + 12, name_of(stream), kLeft, y_, kWidth - kLeft, kBar);
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (!row[i].empty()) text += row[i].path(y_, kShadeClass[i], kShadeName[i]);
    }
    y_ += kRow;
    return text;
  }

  const sim::StepTimeline& timeline_;
  double scale_;
  double y_ = 0;
};

}  // namespace

std::string step_svg(const sim::StepTimeline& timeline) {
  std::string key = "<div class=\"key\">";
  for (std::size_t i = 0; i < kShadeClass.size(); ++i) {
    key += fmt::format("<span><i class=\"{}\"></i>{}</span>", kShadeClass[i], kShadeName[i]);
  }
  return key + "</div>\n" + StepDrawing(timeline).svg();
}

}  // namespace seqspan::cli
