// What several JSON answers have in common.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "sim/engine/step_memory.hpp"
#include "sim/spec/job.hpp"
#include "sim/spec/layout.hpp"
#include "sim/units/units.hpp"

namespace seqspan::cli {

using Json = nlohmann::ordered_json;

// Throws std::domain_error for a number that is not finite.
[[nodiscard]] Json number(double value);
[[nodiscard]] Json number(sim::Seconds time);
[[nodiscard]] Json number(sim::Bytes bytes);

[[nodiscard]] Json layout_json(const sim::Layout& layout);
[[nodiscard]] Json role_bytes(const sim::MemoryByRole& by_role);

// format_version, inputs, job and warnings: how every answer about a job begins.
[[nodiscard]] Json result_of(const sim::Job& job);

// Names come from the user and need not be UTF-8.
[[nodiscard]] std::string text_of(const Json& object);

}  // namespace seqspan::cli
