#include "sim/spec/formats.hpp"

#include <fmt/format.h>

#include <array>

#include "sim/errors/did_you_mean.hpp"
#include "sim/errors/quote.hpp"
#include "sim/spec/decode/cluster.hpp"
#include "sim/spec/decode/device.hpp"
#include "sim/spec/decode/job.hpp"
#include "sim/spec/decode/layout.hpp"
#include "sim/spec/decode/link_profile.hpp"
#include "sim/spec/decode/model.hpp"
#include "sim/spec/json/schema.hpp"

namespace seqspan::sim {
namespace {

using json::FieldFacts;
using json::ObjectFacts;

struct Format {
  const char* name;
  const ObjectFacts& (*facts)();
};

constexpr std::array kFormats = {
    Format{"model", model_facts}, Format{"device", device_facts},
    Format{"fabric", link_facts}, Format{"cluster", cluster_facts},
    Format{"job", job_facts},     Format{"layout", layout_facts},
};

Result<const ObjectFacts*> find_format(std::string_view name) {
  for (const Format& format : kFormats) {
    if (format.name == name) return &format.facts();
  }
  return input_error("unknown format " + quote(name), {}, {},
                     did_you_mean(name, format_names(), "formats"));
}

std::string field_line(const FieldFacts& field, const std::string& path) {
  std::string line =
      fmt::format("{}: {}\n    {}", path, field.description, json::accepted_values(field));
  if (field.sourced) line += R"(, as {"value": ..., "source": "..."})";
  if (field.nullable) line += ", or null";
  line += field.required ? "; required" : fmt::format("; default: {}", field.default_text);
  return line + "\n";
}

std::string field_lines(const ObjectFacts& facts, const std::string& path, bool inner) {
  std::string lines;
  for (const FieldFacts& field : facts.fields) {
    const std::string field_path = json::join(path, field.name);
    lines += field_line(field, field_path);
    // What a name may stand for is a format of its own.
    if (inner && field.object != nullptr && !field.by_name) {
      lines += field_lines(field.object(), field_path, inner);
    }
  }
  return lines;
}

std::string describe(const ObjectFacts& facts, const std::string& path, bool inner) {
  return fmt::format("{}\n\n{}", facts.description, field_lines(facts, path, inner));
}

}  // namespace

std::vector<std::string> format_names() {
  std::vector<std::string> names;
  names.reserve(kFormats.size());
  for (const Format& format : kFormats) names.emplace_back(format.name);
  return names;
}

Result<std::string> schema_text(std::string_view format) {
  const Result<const ObjectFacts*> facts = find_format(format);
  if (!facts) return tl::unexpected(facts.error());
  return json::schema_text(**facts, std::string(format));
}

Result<std::string> describe_format(std::string_view format) {
  const Result<const ObjectFacts*> facts = find_format(format);
  if (!facts) return tl::unexpected(facts.error());
  return describe(**facts, {}, true);
}

Result<std::string> explain_field(std::string_view path) {
  if (path == "config") path = {};
  if (path.starts_with("config.")) path.remove_prefix(7);
  const ObjectFacts* facts = &job_facts();
  std::string walked;
  std::string line;
  while (!path.empty()) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    const std::string key(path.substr(0, dot));
    path.remove_prefix(std::min(dot + 1, path.size()));
    const FieldFacts* found = nullptr;
    std::vector<std::string> known;
    for (const FieldFacts& field : facts != nullptr ? facts->fields : std::vector<FieldFacts>()) {
      known.push_back(field.name);
    }
    for (std::size_t i = 0; i < known.size(); ++i) {
      if (known[i] == key) found = &facts->fields[i];
    }
    const std::string parent = walked.empty() ? "a job" : walked;
    walked = json::join(walked, printable(key));
    if (found == nullptr) {
      return input_error("unknown field " + quote(key), "config." + walked,
                         known.empty() ? parent + " has no fields" : parent + " has no such field",
                         known.empty() ? "" : did_you_mean(key, known, "fields"));
    }
    line = field_line(*found, walked);
    facts = found->object != nullptr ? &found->object() : nullptr;
  }
  if (facts == nullptr) return line;
  return line + (line.empty() ? "" : "\n") + describe(*facts, walked, false);
}

}  // namespace seqspan::sim
