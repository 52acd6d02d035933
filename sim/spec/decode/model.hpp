// A Hugging Face config.json as a Model. docs/formats/model.md
//
// Authors put many keys into this file, so keys that are not listed are ignored; the ones that
// change the architecture in a way that is not modelled are refused with the reason.
#pragma once

#include <string>

#include "sim/spec/json/field_table.hpp"
#include "sim/spec/model.hpp"

namespace seqspan::sim {

// `fallback_name` names the model when its `seqspan.name` does not.
[[nodiscard]] Result<Model> decode_model(const json::Value& value, const std::string& path,
                                         const std::string& fallback_name);

[[nodiscard]] const json::ObjectFacts& model_facts();

}  // namespace seqspan::sim
