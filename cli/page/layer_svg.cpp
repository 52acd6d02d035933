#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "cli/page/drawings.hpp"
#include "cli/page/html.hpp"
#include "cli/trace/op_text.hpp"
#include "sim/units/format_units.hpp"

namespace seqspan::cli {
namespace {

constexpr double kWidth = 1000;
constexpr double kLeft = 104;
constexpr double kRow = 26;
constexpr double kBar = 20;
constexpr double kLeast = 0.3;         // narrower ops are not drawn
constexpr std::size_t kMostOps = 400;  // of a pass
constexpr double kTextWidth = 6.6;     // of a letter

struct Kind {
  const char* category;
  const char* colour;
};
constexpr std::array kKinds = {Kind{"gemm", "c0"}, Kind{"attention", "c3"},
                               Kind{"memory pass", "c6"}, Kind{"communication", "c4"},
                               Kind{"host", "c5"}};

const char* colour_of(const sim::Op& op) {
  const auto* kind = std::find_if(kKinds.begin(), kKinds.end(), [&](const Kind& of) {
    return std::strcmp(of.category, category_of(op)) == 0;
  });
  return kind->colour;
}

// The run of layers that there is most of on any shown stage.
struct Chosen {
  const sim::StageTimeline* stage = nullptr;
  std::size_t run = 0;
};
std::optional<Chosen> choose(const sim::StepTimeline& timeline) {
  const sim::Program& program = *timeline.program;
  std::optional<Chosen> chosen;
  std::int64_t most = 0;
  for (const sim::StageTimeline& stage : timeline.stages) {
    const sim::StageClass& of = program.stages[stage.stage_class];
    for (std::size_t r = of.first_run; r < of.first_run + of.run_count; ++r) {
      if (program.parts[program.runs[r].part].kind != sim::PartKind::kLayer ||
          program.runs[r].count <= most) {
        continue;
      }
      most = program.runs[r].count;
      chosen = Chosen{&stage, r};
    }
  }
  return chosen;
}

std::string op_rect(const sim::StepTimeline& timeline, const sim::TimedOp& timed, double x,
                    double width, double y) {
  const sim::Op& op = timeline.program->ops[timed.op];
  std::string text = fmt::format(
      "<rect class=\"{}\" x=\"{:.1f}\" y=\"{:.0f}\" width=\"{:.1f}\" "
      "height=\"{:.0f}\"><title>{}: {}</title></rect>",
      colour_of(op), x, y, std::max(width - 0.4, kLeast), kBar, html_escaped(op.name),
      sim::format_time(sim::Seconds(timed.end - timed.start)));
  if (width > kTextWidth * static_cast<double>(std::strlen(op.name)) + 6) {
    text += fmt::format(
        "<text x=\"{:.1f}\" y=\"{:.0f}\" pointer-events=\"none\" style=\"fill:#fff\">{}</text>",
        x + 4, y + 14, html_escaped(op.name));
  }
  return text;
}

std::string pass_svg(const sim::StepTimeline& timeline, const sim::TimedMicroBatch& timed,
                     const sim::TimedBlock& block, double seconds) {
  const sim::Program& program = *timeline.program;
  double start = timed.ops[block.first].start;
  std::array<bool, sim::kStreamCount> used{};
  for (std::size_t i = block.first; i < block.first + block.count; ++i) {
    start = std::min(start, timed.ops[i].start);
    used[static_cast<std::size_t>(program.ops[timed.ops[i].op].stream)] = true;
  }
  std::array<double, sim::kStreamCount> y{};
  double height = 20;
  std::string body = fmt::format("<text class=\"axis\" x=\"{}\" y=\"13\">{}, {}</text>\n", kLeft,
                                 name_of(block.pass), sim::format_time(sim::Seconds(seconds)));
  for (std::size_t s = 0; s < used.size(); ++s) {
    if (!used[s]) continue;
    y[s] = height;
    height += kRow;
    body += fmt::format(
        "<text x=\"{}\" y=\"{:.0f}\" text-anchor=\"end\">{}</text><rect class=\"track\" x=\"{}\" "
        "y=\"{:.0f}\" width=\"{}\" height=\"{}\"/>",
        kLeft - 8, y[s] + 14, name_of(static_cast<sim::Stream>(s)), kLeft, y[s], kWidth - kLeft,
        kBar);
  }
  const double scale = (kWidth - kLeft) / seconds;
  std::size_t drawn = 0;
  for (std::size_t i = block.first; i < block.first + block.count && drawn < kMostOps; ++i) {
    const sim::TimedOp& op = timed.ops[i];
    const double width = (op.end - op.start) * scale;
    if (width < kLeast) continue;
    ++drawn;
    body += op_rect(timeline, op, kLeft + (op.start - start) * scale, width,
                    y[static_cast<std::size_t>(program.ops[op.op].stream)]);
  }
  return fmt::format("<svg viewBox=\"0 0 {} {:.0f}\" role=\"img\" aria-label=\"one layer {}\">\n",
                     kWidth, height, name_of(block.pass)) +
         body + "</svg>\n";
}

double length_of(const sim::TimedMicroBatch& timed, const sim::TimedBlock& block) {
  double start = timed.ops[block.first].start;
  double end = 0;
  for (std::size_t i = block.first; i < block.first + block.count; ++i) {
    start = std::min(start, timed.ops[i].start);
    end = std::max(end, timed.ops[i].end);
  }
  return end - start;
}

}  // namespace

std::string layer_svg(const sim::StepTimeline& timeline) {
  const std::optional<Chosen> chosen = choose(timeline);
  if (!chosen) return "";
  const sim::Program& program = *timeline.program;
  const std::int64_t micro_batches = program.micro_batches;
  const sim::TimedMicroBatch& timed =
      chosen->stage->of(sim::kind_of(micro_batches / 2, micro_batches));
  const std::int64_t instance = program.runs[chosen->run].count / 2;
  std::string html = "<div class=\"key\">";
  for (const Kind& kind : kKinds) {
    html += fmt::format("<span><i class=\"{}\"></i>{}</span>", kind.colour, kind.category);
  }
  html += "</div>\n";
  for (const sim::TimedBlock& block : timed.blocks) {
    if (block.run != chosen->run || block.instance != instance) continue;
    html += pass_svg(timeline, timed, block, length_of(timed, block));
  }
  return html;
}

}  // namespace seqspan::cli
