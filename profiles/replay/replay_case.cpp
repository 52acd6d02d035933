#include "profiles/replay/replay_case.hpp"

#include <fmt/format.h>

#include "profiles/replay/published/format.hpp"
#include "profiles/replay/published/translate.hpp"
#include "sim/spec/json/field_table.hpp"
#include "sim/spec/json/parse.hpp"

namespace seqspan::profiles {
namespace {

namespace json = sim::json;
using json::FieldTable;
using json::Kind;
using json::Value;
using sim::Result;
using Path = std::string;

constexpr std::int64_t kMostTokens = std::int64_t{1} << 40;
constexpr std::int64_t kMostSequences = 1 << 24;

json::FieldFacts texts(const char* name, const char* description) {
  json::FieldFacts facts = json::any(name, description);
  facts.type = json::FieldType::kTexts;
  return facts;
}

const FieldTable<ReplayMeasured>& measured_table() {
  static const FieldTable<ReplayMeasured> kTable = [] {
    FieldTable<ReplayMeasured> t(
        json::ObjectFacts{"measured", "What was measured of a step.", {}, {}, false});
    t.add(
        json::real("step_milliseconds", 1e-6, 1e12, "time of a step").with_default("not measured"),
        &ReplayMeasured::step_milliseconds);
    t.add(json::real("tflops_per_gpu", 1e-6, 1e9,
                     "10^12 model FLOPs per second and GPU, causal attention counted as half of "
                     "the square")
              .with_default("not measured"),
          &ReplayMeasured::tflops_per_gpu);
    t.add(json::real("full_square_tflops_per_gpu", 1e-6, 1e9,
                     "the same, as if every query saw all keys")
              .with_default("not measured"),
          &ReplayMeasured::full_square_tflops_per_gpu);
    t.add(json::real("tokens_per_gpu_per_second", 1e-6, 1e12, "tokens trained on")
              .with_default("not measured"),
          &ReplayMeasured::tokens_per_gpu_per_second);
    t.add(json::real("peak_allocated_gib", 1e-6, 1e9,
                     "torch.cuda.max_memory_allocated of the GPU that needs most")
              .with_default("not measured"),
          &ReplayMeasured::peak_allocated_gib);
    t.add(json::real("peak_reserved_gib", 1e-6, 1e9,
                     "torch.cuda.max_memory_reserved of the GPU that takes most")
              .with_default("not measured"),
          &ReplayMeasured::peak_reserved_gib);
    t.add(json::real("attention_forward_tflops", 1e-6, 1e9,
                     "attention alone, forward: TFLOP/s per GPU of unmasked pairs")
              .with_default("not measured"),
          &ReplayMeasured::attention_forward_tflops);
    t.add(json::real("attention_backward_tflops", 1e-6, 1e9,
                     "attention alone, backward: likewise, 2.5 times the FLOPs of forward")
              .with_default("not measured"),
          &ReplayMeasured::attention_backward_tflops);
    t.add(json::real("forward_iterations_per_second", 1e-6, 1e9, "attention alone, forward")
              .with_default("not measured"),
          &ReplayMeasured::forward_iterations_per_second);
    t.add(json::real("iterations_per_second", 1e-6, 1e9, "attention alone, forward and backward")
              .with_default("not measured"),
          &ReplayMeasured::iterations_per_second);
    t.add(json::boolean("out_of_memory", "it did not fit").with_default("false"),
          &ReplayMeasured::out_of_memory);
    return t;
  }();
  return kTable;
}
const json::ObjectFacts& measured_facts() { return measured_table().facts(); }

const FieldTable<ReplayRow>& row_table() {
  static const FieldTable<ReplayRow> kTable = [] {
    FieldTable<ReplayRow> t(json::ObjectFacts{"a row", "One measured layout.", {}, {}, false});
    t.add(json::text("group", "rows of one group differ in their layout only").with_default("none"),
          &ReplayRow::group);
    t.add(json::integer("sequence_length", 1, kMostTokens, "tokens of one sequence"),
          &ReplayRow::sequence_length);
    t.add(json::integer("global_batch_size", 1, kMostSequences, "sequences of a step"),
          &ReplayRow::global_batch_size);
    t.add(json::text("layout", "as --layout takes it"), &ReplayRow::layout);
    t.add(texts("set", "path=value, as --set takes it").with_default("none"), &ReplayRow::settings);
    t.add(json::object("measured", measured_facts, "what was measured"),
          [](ReplayRow& row, const Value& value, const Path& path) {
            return measured_table().decode(row.measured, value, path);
          });
    t.add(json::text("left_out", "why the row cannot be compared").with_default("it is compared"),
          &ReplayRow::left_out);
    return t;
  }();
  return kTable;
}

bool says_something(const ReplayMeasured& measured) {
  return measured.step_milliseconds || measured.tflops_per_gpu ||
         measured.full_square_tflops_per_gpu || measured.peak_reserved_gib ||
         measured.tokens_per_gpu_per_second || measured.peak_allocated_gib ||
         measured.out_of_memory || measured.attention_forward_tflops ||
         measured.attention_backward_tflops || measured.forward_iterations_per_second ||
         measured.iterations_per_second;
}

Result<void> decode_rows(ReplayCase& target, const Value& value, const Path& path) {
  if (value.kind != Kind::kArray) {
    return sim::input_error("this cannot be " + json::show(value), json::where(value.place, path),
                            "it must be an array of rows");
  }
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const Path item = fmt::format("{}[{}]", path, i);
    ReplayRow row;
    row.where = json::where(value.items[i].place, item);
    if (Result<void> ok = row_table().decode(row, value.items[i], item); !ok) return ok;
    if (row.left_out.empty() && !says_something(row.measured)) {
      return sim::input_error("nothing was measured", json::where(value.items[i].place, item),
                              "a prediction needs something to be held against",
                              "give a measured quantity, or the reason in 'left_out'");
    }
    target.rows.push_back(std::move(row));
  }
  return {};
}

const FieldTable<ReplayCase>& case_table() {
  static const FieldTable<ReplayCase> kTable = [] {
    FieldTable<ReplayCase> t(json::ObjectFacts{
        "a replay case", "Published measurements, with what they are of.", {}, {}, false});
    t.add(json::text("name", "of the case"), &ReplayCase::name);
    t.add(json::text("source", "where the figures were published"), &ReplayCase::source);
    t.add(texts("assumptions", "where the publication is silent").with_default("none"),
          &ReplayCase::assumptions);
    t.add(texts("missed", "what is off by more than it should be, and what was tried")
              .with_default("none"),
          &ReplayCase::missed);
    t.add(json::text("model", "a shipped model").with_default("none: left out"),
          &ReplayCase::model);
    t.add(json::text("cluster", "a shipped cluster").with_default("none: left out"),
          &ReplayCase::cluster);
    t.add(json::text("framework", "as in a job").with_default("megatron"), &ReplayCase::framework);
    t.add(texts("set", "of all rows: path=value, as --set takes it").with_default("none"),
          &ReplayCase::settings);
    t.add(json::text("left_out", "why none of it can be compared").with_default("it is compared"),
          &ReplayCase::left_out);
    t.add(json::any("rows", "an array of rows"), decode_rows);
    return t;
  }();
  return kTable;
}

}  // namespace

Result<ReplayCase> read_replay_case(const std::string& file,
                                    const std::filesystem::path& data_root) {
  const auto text = sim::read_input_file(file, file);
  if (!text) return tl::unexpected(text.error());
  const auto document = json::parse(text->text, file);
  if (!document) return tl::unexpected(document.error());
  if (published::is_published(*document)) {
    auto translated =
        published::translate(*document, std::filesystem::path(file).stem().string(), data_root);
    if (translated) translated->file = text->file;
    return translated;
  }
  ReplayCase result;
  result.framework = "megatron";
  if (auto ok = case_table().decode(result, *document, ""); !ok) return tl::unexpected(ok.error());
  if (result.left_out.empty() && (result.model.empty() || result.cluster.empty())) {
    return sim::input_error("a case needs a model and a cluster", file, {},
                            "name them, or say in 'left_out' why nothing can be compared");
  }
  result.file = text->file;
  return result;
}

}  // namespace seqspan::profiles
