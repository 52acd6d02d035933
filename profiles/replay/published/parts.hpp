// Objects of a published file: keys of their own, those of a job, and free texts.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/errors/error.hpp"
#include "sim/spec/json/field_facts.hpp"
#include "sim/spec/json/value.hpp"

namespace seqspan::profiles::published {

// An object with fields of its own and those of a job.
struct Part {
  sim::json::ObjectFacts own;
  bool has_job = true;
  bool takes_texts = false;  // other keys with texts are notes
};
[[nodiscard]] Part make_part(const char* name, const std::vector<const char*>& keys, bool has_job,
                             bool takes_texts);

// Every key is known, or a note, which goes to `notes` as "setup.KEY"; a misspelt key is no note.
// So do texts of fields of a job, which the setup explains. Errors: kInput, located.
[[nodiscard]] sim::Result<void> check_keys(const Part& part, const sim::json::Value& value,
                                           const std::string& path,
                                           std::vector<std::pair<std::string, std::string>>* notes);

// Texts of one member: itself, or the items of its array. Nothing where it is neither.
[[nodiscard]] std::optional<std::string> text_of(const sim::json::Value& value);

// Keys whose texts explain others and need no mention: "notes", "unit", ...
[[nodiscard]] bool is_usual_note(const std::string& key);

}  // namespace seqspan::profiles::published
