#include "profiles/replay/published/parts.hpp"

#include <algorithm>

#include "profiles/replay/published/job_facts.hpp"
#include "sim/errors/did_you_mean.hpp"
#include "sim/spec/json/check_field.hpp"

namespace seqspan::profiles::published {

namespace json = sim::json;
using json::Kind;
using json::Member;
using json::Value;
using sim::Result;

namespace {

bool has_key(const json::ObjectFacts& facts, const std::string& key) {
  return std::any_of(facts.fields.begin(), facts.fields.end(),
                     [&](const json::FieldFacts& field) { return field.name == key; });
}

// A misspelt key is no note.
bool is_near(const std::string& key, const json::ObjectFacts& facts) {
  std::vector<std::string> known;
  for (const json::FieldFacts& field : facts.fields) known.push_back(field.name);
  return !sim::nearest_name(key, known).empty();
}

}  // namespace

Part make_part(const char* name, const std::vector<const char*>& keys, bool has_job,
               bool takes_texts) {
  Part part{json::ObjectFacts{name, {}, {}, {}, true}, has_job, takes_texts};
  for (const char* key : keys) part.own.fields.push_back(json::any(key, {}).with_default("none"));
  return part;
}

std::optional<std::string> text_of(const Value& value) {
  if (value.kind == Kind::kText) return value.text;
  if (value.kind != Kind::kArray) return std::nullopt;
  std::string text;
  for (const Value& item : value.items) {
    if (item.kind != Kind::kText) return std::nullopt;
    text += (text.empty() ? "" : "; ") + item.text;
  }
  return text;
}

bool is_usual_note(const std::string& key) {
  static constexpr const char* kUsual[] = {"note",
                                           "notes",
                                           "comment",
                                           "title",
                                           "date",
                                           "url",
                                           "license",
                                           "measured",
                                           "unit",
                                           "flops",
                                           "tflops",
                                           "mfu",
                                           "models",
                                           "peak_allocated_gib",
                                           "peak_reserved_gib",
                                           "peak_gib"};
  return std::find(std::begin(kUsual), std::end(kUsual), key) != std::end(kUsual);
}

Result<void> check_keys(const Part& part, const Value& value, const std::string& path,
                        std::vector<std::pair<std::string, std::string>>* notes) {
  if (value.kind != Kind::kObject) {
    return sim::input_error("this cannot be " + json::show(value), json::where(value.place, path),
                            part.own.name + " is an object");
  }
  for (const Member& member : value.members) {
    if (has_key(part.own, member.key)) continue;
    const auto text = text_of(member.value);
    // A field of the job whose place holds a sentence: "measured" and "tflops" of a setup.
    if (part.has_job && has_key(job_table().facts(), member.key)) {
      if (text && notes != nullptr) notes->emplace_back(json::join(path, member.key), *text);
      continue;
    }
    json::ObjectFacts all = part.own;
    if (part.has_job) {
      const auto& fields = job_table().facts().fields;
      all.fields.insert(all.fields.end(), fields.begin(), fields.end());
    }
    if (part.takes_texts && text && (is_usual_note(member.key) || !is_near(member.key, all))) {
      if (notes != nullptr) notes->emplace_back(json::join(path, member.key), *text);
      continue;
    }
    return json::unknown_key(all, member, path);
  }
  return {};
}

}  // namespace seqspan::profiles::published
