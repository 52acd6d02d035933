// Decodes `training.documents`: exactly one of fixed, histogram, lognormal and file says how long
// documents are; the other keys say what is done with them.
#pragma once

#include "sim/errors/error.hpp"
#include "sim/spec/documents.hpp"
#include "sim/spec/json/field_facts.hpp"
#include "sim/spec/json/value.hpp"

namespace seqspan::sim {

// A file is named, not read. Errors: kInput.
[[nodiscard]] Result<Documents> decode_documents(const json::Value& value, const std::string& path);
[[nodiscard]] const json::ObjectFacts& documents_facts();

}  // namespace seqspan::sim
