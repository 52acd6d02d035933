#include "profiles/replay/published/format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "profiles/replay/published/job_facts.hpp"
#include "profiles/replay/published/measured.hpp"
#include "profiles/replay/published/model.hpp"
#include "profiles/replay/published/parts.hpp"
#include "sim/errors/quote.hpp"

namespace seqspan::profiles::published {
namespace {

namespace json = sim::json;
using json::Kind;
using json::Member;
using json::Value;
using sim::Result;

const Part& file_part() {
  static const Part kPart = make_part(
      "a published file",
      {"source", "hardware", "setup", "rows", "facts", "model_dimensions_as_run"}, true, true);
  return kPart;
}
const Part& hardware_part() {
  static const Part kPart =
      make_part("the hardware",
                {"gpu", "gpus", "gpus_per_node", "nodes", "intra_node", "inter_node"}, false, true);
  return kPart;
}
const Part& setup_part() {
  static const Part kPart = make_part("a setup", {}, true, true);
  return kPart;
}
const Part& row_part() {
  static const Part kPart =
      make_part("a published row",
                {"layout", "measured", "pass", "tflops", "iterations_per_second", "left_out",
                 "note", "notes", "comment", "source", "facts"},
                true, false);
  return kPart;
}

Result<void> read_text(std::string& target, const Value& object, const char* key,
                       const std::string& path) {
  const Value* value = object.find(key);
  if (value == nullptr || value->kind == Kind::kNull) return {};
  const auto scalar = json::check_field(json::text(key, {}), *value, json::join(path, key));
  if (!scalar) return tl::unexpected(scalar.error());
  target = scalar->text;
  return {};
}

Result<void> read_hardware(FileFacts& file, JobFacts& job, const Value& document) {
  const Value* hardware = document.find("hardware");
  if (hardware == nullptr) return {};
  if (auto ok = check_keys(hardware_part(), *hardware, "hardware", &file.notes); !ok) return ok;
  if (auto ok = job_table().decode(job, *hardware, "hardware"); !ok) return ok;
  if (auto ok = read_text(file.intra_node, *hardware, "intra_node", "hardware"); !ok) return ok;
  if (auto ok = read_text(file.inter_node, *hardware, "inter_node", "hardware"); !ok) return ok;
  const Value* per_node = hardware->find("gpus_per_node");
  if (per_node == nullptr || per_node->kind == Kind::kNull) return {};
  const auto number = json::check_field(json::integer("gpus_per_node", 1, 1 << 20, {}), *per_node,
                                        "hardware.gpus_per_node");
  if (!number) return tl::unexpected(number.error());
  file.gpus_per_node = number->integer;
  return {};
}

Result<void> read_dimensions(FileFacts& file, const Value& document) {
  const std::string path = "model_dimensions_as_run";
  const Value* models = document.find(path);
  if (models == nullptr) return {};
  if (models->kind != Kind::kObject) {
    return sim::input_error("this cannot be " + json::show(*models),
                            json::where(models->place, path), "dimensions are given by model");
  }
  static const Part kPart = [] {
    Part part = make_part("a model", {"attention_type", "use_swiglu"}, false, true);
    for (const std::string& name : dimension_names()) {
      part.own.fields.push_back(json::any(name, {}).with_default("not said"));
    }
    return part;
  }();
  for (const Member& model : models->members) {
    const std::string inner = json::join(path, sim::printable(model.key));
    if (auto ok = check_keys(kPart, model.value, inner, nullptr); !ok) return ok;
    JobFacts job;
    if (auto ok = job_table().decode(job, model.value, inner); !ok) return ok;
    file.dimensions_as_run[model.key] = job.dimensions;
  }
  return {};
}

Result<void> read_row(RowFacts& row, const Value& value, const std::string& path) {
  row.where = json::where(value.place, path);
  if (auto ok = check_keys(row_part(), value, path, nullptr); !ok) return ok;
  if (auto ok = job_table().decode(row.job, value, path); !ok) return ok;
  if (auto ok = read_text(row.pass, value, "pass", path); !ok) return ok;
  if (auto ok = read_text(row.left_out, value, "left_out", path); !ok) return ok;
  if (const Value* layout = value.find("layout"); layout != nullptr) {
    for (const Member& member : layout->members) {
      row.layout_as_written += fmt::format("{}{}={}", row.layout_as_written.empty() ? "" : ",",
                                           sim::printable(member.key), json::show(member.value));
    }
  }
  struct Child {
    const char* key;
    std::function<Result<void>(const Value&, const std::string&)> decode;
  };
  const Child children[] = {
      {"layout",
       [&](const Value& v, const std::string& p) { return decode_layout(row.layout, v, p); }},
      {"measured",
       [&](const Value& v, const std::string& p) { return decode_measured(row.measured, v, p); }},
      {"tflops",
       [&](const Value& v, const std::string& p) { return decode_methods(row.tflops, v, p); }},
      {"iterations_per_second",
       [&](const Value& v, const std::string& p) {
         return decode_methods(row.iterations_per_second, v, p);
       }},
  };
  for (const Child& child : children) {
    const Value* member = value.find(child.key);
    if (member == nullptr || member->kind == Kind::kNull) continue;
    if (auto ok = child.decode(*member, json::join(path, child.key)); !ok) return ok;
  }
  return {};
}

}  // namespace

bool is_published(const Value& document) {
  return document.kind == Kind::kObject && document.find("name") == nullptr &&
         (document.find("setup") != nullptr || document.find("hardware") != nullptr);
}

Result<void> decode_methods(MethodFigures& target, const Value& value, const std::string& path) {
  if (value.kind != Kind::kObject) {
    return sim::input_error("this cannot be " + json::show(value), json::where(value.place, path),
                            "figures of attention alone are given by method");
  }
  for (const Member& member : value.members) {
    const std::string inner = json::join(path, sim::printable(member.key));
    const json::FieldFacts facts = json::real(member.key, 1e-6, 1e12, {});
    std::vector<std::optional<double>> figures;
    const bool is_array = member.value.kind == Kind::kArray;
    const std::size_t count = is_array ? member.value.items.size() : 1;
    for (std::size_t i = 0; i < count; ++i) {
      const Value& item = is_array ? member.value.items[i] : member.value;
      const std::string at = is_array ? fmt::format("{}[{}]", inner, i) : inner;
      figures.emplace_back();
      if (item.kind == Kind::kNull) continue;
      const auto figure = json::check_field(facts, item, at);
      if (!figure) return tl::unexpected(figure.error());
      figures.back() = figure->real;
    }
    target.emplace_back(member.key, std::move(figures));
  }
  return {};
}

Result<FileFacts> read_facts(const Value& document) {
  FileFacts file;
  JobFacts whole;
  if (auto ok = check_keys(file_part(), document, "", &file.notes); !ok) {
    return tl::unexpected(ok.error());
  }
  if (auto ok = job_table().decode(whole, document, ""); !ok) return tl::unexpected(ok.error());
  if (auto ok = read_text(file.source, document, "source", ""); !ok) {
    return tl::unexpected(ok.error());
  }
  if (auto ok = read_hardware(file, whole, document); !ok) return tl::unexpected(ok.error());
  if (auto ok = read_dimensions(file, document); !ok) return tl::unexpected(ok.error());
  if (const Value* setup = document.find("setup"); setup != nullptr) {
    if (auto ok = check_keys(setup_part(), *setup, "setup", &file.notes); !ok) {
      return tl::unexpected(ok.error());
    }
    JobFacts job;
    if (auto ok = job_table().decode(job, *setup, "setup"); !ok) return tl::unexpected(ok.error());
    whole = overlay(std::move(job), whole);
  }
  if (const Value* facts = document.find("facts"); facts != nullptr) {
    const bool is_text = facts->kind == Kind::kText;
    if (!is_text && !text_of(*facts)) {
      return sim::input_error("this cannot be " + json::show(*facts),
                              json::where(facts->place, "facts"), "facts are sentences");
    }
    if (is_text) file.facts = {facts->text};
    for (const Value& item : facts->items) file.facts.push_back(item.text);
  }
  if (document.find("rows") == nullptr) {
    return sim::input_error("'rows' is missing", json::where(document.place, ""),
                            "a published file is its rows");
  }
  const Value& rows = *document.find("rows");
  if (rows.kind != Kind::kArray) {
    return sim::input_error("this cannot be " + json::show(rows), json::where(rows.place, "rows"),
                            "it must be an array of rows");
  }
  for (std::size_t i = 0; i < rows.items.size(); ++i) {
    RowFacts& row = file.rows.emplace_back();
    if (auto ok = read_row(row, rows.items[i], fmt::format("rows[{}]", i)); !ok) {
      return tl::unexpected(ok.error());
    }
    row.job = overlay(std::move(row.job), whole);
  }
  return file;
}

}  // namespace seqspan::profiles::published
