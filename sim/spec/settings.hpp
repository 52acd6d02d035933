// `--set path=value`: changes one field of a document before it is decoded, so that every check
// applies to it, and errors about it say "--set path=value".
#pragma once

#include <string>
#include <vector>

#include "sim/errors/error.hpp"
#include "sim/spec/json/value.hpp"

namespace seqspan::sim {

struct Setting {
  std::vector<std::string> path;  // {"training", "sequence_length"}
  json::Value value;              // JSON if it reads as JSON, text otherwise
};

// `text`: "training.sequence_length=256K".
[[nodiscard]] Result<Setting> parse_setting(const std::string& text);

// Objects on the way that do not exist yet are made. A number with a source keeps its form:
// {"value": the new one, "source": "--set ..."}.
[[nodiscard]] Result<void> apply_setting(json::Value& document, const Setting& setting);

// parse_setting and apply_setting.
[[nodiscard]] Result<void> apply_set(json::Value& document, const std::string& text);

}  // namespace seqspan::sim
