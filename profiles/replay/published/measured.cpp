#include "profiles/replay/published/measured.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "profiles/replay/published/row_parts.hpp"
#include "profiles/replay/published/words.hpp"
#include "sim/errors/did_you_mean.hpp"
#include "sim/errors/quote.hpp"
#include "sim/spec/json/check_field.hpp"

namespace seqspan::profiles::published {
namespace {

namespace json = sim::json;
using json::Kind;
using json::Value;
using sim::Result;

enum class Use : std::uint8_t {
  kStep,        // of milliseconds
  kFlops,       // of TFLOP/s per GPU, as the publication counts
  kFullSquare,  // counted with the full square
  kTokens,      // per GPU and second
  kAllTokens,   // per second, of all GPUs
  kAllocated,   // GiB
  kReserved,    // GiB
  kPeak,        // GiB; which of the two the software says
  kMfu,         // taken where there are no TFLOP/s
  kColumn,      // a step of its own, of milliseconds
  kNotCompared,
};

struct Figure {
  const char* name;
  Use use;
  double factor;               // to the unit of `use`
  const char* recompute = "";  // of a column
  bool sequence_parallel = false;
};

// Sorted by name.
constexpr Figure kFigures[] = {
    {"full_recompute_s", Use::kColumn, 1e3, "full", false},
    {"full_square_tflops_per_gpu", Use::kFullSquare, 1},
    {"hfu", Use::kNotCompared, 1},
    {"iteration_ms", Use::kStep, 1},
    {"iteration_s", Use::kStep, 1e3},
    {"iteration_seconds", Use::kStep, 1e3},
    {"iteration_time_s", Use::kStep, 1e3},
    {"mfu", Use::kMfu, 1},
    {"no_recompute_s", Use::kColumn, 1e3, "none", false},
    {"peak_allocated_gb", Use::kAllocated, 1e9 / 1073741824},
    {"peak_allocated_gib", Use::kAllocated, 1},
    {"peak_gb", Use::kPeak, 1e9 / 1073741824},
    {"peak_gib", Use::kPeak, 1},
    {"peak_memory_gib", Use::kPeak, 1},
    {"peak_reserved_gib", Use::kReserved, 1},
    {"selective_recompute_s", Use::kColumn, 1e3, "selective", false},
    {"selective_s", Use::kColumn, 1e3, "selective", false},
    {"sp_full_recompute_s", Use::kColumn, 1e3, "full", true},
    {"sp_no_recompute_s", Use::kColumn, 1e3, "none", true},
    {"sp_selective_s", Use::kColumn, 1e3, "selective", true},
    {"step_milliseconds", Use::kStep, 1},
    {"step_ms", Use::kStep, 1},
    {"step_s", Use::kStep, 1e3},
    {"step_seconds", Use::kStep, 1e3},
    {"tflops", Use::kFlops, 1},
    {"tflops_best_without_cp", Use::kNotCompared, 1},
    {"tflops_per_gpu", Use::kFlops, 1},
    {"tokens_per_gpu_per_second", Use::kTokens, 1},
    {"tokens_per_second", Use::kAllTokens, 1},
    {"tokens_per_second_per_gpu", Use::kTokens, 1},
};

const Figure* figure_of(const std::string& name) {
  const auto* const found = std::find_if(std::begin(kFigures), std::end(kFigures),
                                         [&](const Figure& f) { return name == f.name; });
  return found == std::end(kFigures) ? nullptr : found;
}

}  // namespace

const std::vector<std::string>& figure_names() {
  static const std::vector<std::string> kNames = [] {
    std::vector<std::string> names = {"out_of_memory"};
    for (const Figure& figure : kFigures) names.emplace_back(figure.name);
    std::sort(names.begin(), names.end());
    return names;
  }();
  return kNames;
}

bool is_out_of_memory(const std::string& text) {
  return says(text, "out of memory") || says(text, "out-of-memory") || has_word(text, "oom");
}

Result<void> decode_measured(MeasuredFacts& target, const Value& value, const std::string& path) {
  if (value.kind != Kind::kObject) {
    return sim::input_error("this cannot be " + json::show(value), json::where(value.place, path),
                            "what was measured is an object of named figures");
  }
  for (const json::Member& member : value.members) {
    const std::string inner = json::join(path, sim::printable(member.key));
    if (member.value.kind == Kind::kNull) continue;
    if (member.value.kind == Kind::kText && is_out_of_memory(member.value.text)) {
      target.out_of_memory = true;
      continue;
    }
    if (member.key == "out_of_memory" || member.key == "oom") {
      const auto flag = json::check_field(json::boolean("out_of_memory", {}), member.value, inner);
      if (!flag) return tl::unexpected(flag.error());
      target.out_of_memory = target.out_of_memory || flag->boolean;
      continue;
    }
    if (figure_of(member.key) == nullptr) {
      return sim::input_error("unknown key " + sim::quote(member.key),
                              json::where(member.place, inner),
                              "no quantity of a step has this name",
                              sim::did_you_mean(member.key, figure_names(), "keys"));
    }
    const auto figure =
        json::check_field(json::real(member.key, 1e-6, 1e12, {}), member.value, inner);
    if (!figure) return tl::unexpected(figure.error());
    target.figures.emplace_back(member.key, figure->real);
  }
  return {};
}

std::vector<Column> columns_of(const MeasuredFacts& facts, const FigureRules& rules,
                               std::vector<std::string>& assumptions) {
  Column row;
  row.measured.out_of_memory = facts.out_of_memory;
  bool has_row = facts.out_of_memory;
  std::vector<Column> columns;
  std::optional<double> mfu;
  for (const auto& [name, value] : facts.figures) {
    const Figure& figure = *figure_of(name);
    const double scaled = value * figure.factor;
    ReplayMeasured& measured = row.measured;
    switch (figure.use) {
      case Use::kStep:
        measured.step_milliseconds = scaled;
        break;
      case Use::kFlops:
        (rules.full_square ? measured.full_square_tflops_per_gpu : measured.tflops_per_gpu) =
            scaled;
        break;
      case Use::kFullSquare:
        measured.full_square_tflops_per_gpu = scaled;
        break;
      case Use::kTokens:
        measured.tokens_per_gpu_per_second = scaled;
        break;
      case Use::kAllTokens:
        measured.tokens_per_gpu_per_second = scaled / static_cast<double>(rules.gpus);
        break;
      case Use::kAllocated:
        measured.peak_allocated_gib = scaled;
        break;
      case Use::kReserved:
        measured.peak_reserved_gib = scaled;
        break;
      case Use::kPeak:
        (rules.peak_is_reserved ? measured.peak_reserved_gib : measured.peak_allocated_gib) =
            scaled;
        add_once(assumptions,
                 fmt::format("'{}' is PyTorch's max_memory_{}", name,
                             rules.peak_is_reserved ? "reserved, as torchtitan prints it"
                                                    : "allocated: the file does not say"));
        break;
      case Use::kMfu:
        mfu = scaled > 1 ? scaled / 100 : scaled;
        continue;
      case Use::kColumn: {
        Column& column = columns.emplace_back();
        column.measured.step_milliseconds = scaled;
        column.recompute = figure.recompute;
        column.sequence_parallel = figure.sequence_parallel;
        continue;
      }
      case Use::kNotCompared:
        add_once(assumptions, fmt::format("'{}' is not compared: {}", name,
                                          name == "hfu" ? "it counts recomputation as work"
                                                        : "the file does not give its layout"));
        continue;
    }
    has_row = true;
  }
  ReplayMeasured& measured = row.measured;
  if (measured.full_square_tflops_per_gpu && measured.tokens_per_gpu_per_second) {
    measured.full_square_tflops_per_gpu.reset();
    add_once(assumptions,
             "the file's TFLOP/s count the whole square of attention by a formula of their own, so "
             "tokens per second are compared");
  }
  const bool has_flops = measured.tflops_per_gpu || measured.full_square_tflops_per_gpu;
  const bool has_speed =
      has_flops || measured.step_milliseconds || measured.tokens_per_gpu_per_second;
  if (mfu && !has_speed && rules.peak_tflops) {
    (rules.full_square ? measured.full_square_tflops_per_gpu : measured.tflops_per_gpu) =
        *mfu * *rules.peak_tflops;
    add_once(assumptions, fmt::format("'mfu' is of {:g} TFLOP/s", *rules.peak_tflops));
    has_row = true;
  } else if (mfu && has_flops) {
    add_once(assumptions, "'mfu' is not compared beside TFLOP/s, of which it is a rounded part");
  } else if (mfu) {
    add_once(assumptions, "'mfu' is not compared");
  }
  if (has_row) columns.insert(columns.begin(), row);
  return columns;
}

}  // namespace seqspan::profiles::published
