// The fields of a job: what may stand at the file, in its setup and in its rows.
#pragma once

#include "profiles/replay/published/format.hpp"
#include "sim/spec/json/field_table.hpp"

namespace seqspan::profiles::published {

// Open: the object around has keys of its own.
[[nodiscard]] const sim::json::FieldTable<JobFacts>& job_table();

// A field of text; null is as if it were left out.
[[nodiscard]] sim::json::FieldFacts text_field(const char* name, const char* description);
[[nodiscard]] sim::json::FieldFacts number_field(const char* name, std::int64_t maximum,
                                                 const char* description);

}  // namespace seqspan::profiles::published
