// Field facts as JSON Schema, draft-07: the draft that editors support best.
#pragma once

#include <string>

#include "sim/spec/json/field_facts.hpp"

namespace seqspan::sim::json {

// Indented, with a final newline. `title` is the name of the format.
[[nodiscard]] std::string schema_text(const ObjectFacts& facts, const std::string& title);

}  // namespace seqspan::sim::json
