// Layouts in one line: "tp=2,ulysses=4,ring=2,recompute=full". docs/formats/layout.md
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "sim/errors/error.hpp"
#include "sim/spec/job.hpp"
#include "sim/spec/json/value.hpp"
#include "sim/spec/layout.hpp"

namespace seqspan::sim {

// Errors: kInput at "--layout, character 6 (ulyses)".
[[nodiscard]] Result<LayoutChoice> parse_layout(std::string_view text);

// A JSON file with the same keys, or text as above when `argument` names no file
// (it has a '=' or is empty).
[[nodiscard]] Result<LayoutChoice> read_layout(const std::string& argument);

// The object that `text` stands for, to be decoded by layout_table().
[[nodiscard]] Result<json::Value> layout_object(std::string_view text);

// What the choice leaves open is taken from `defaults`.
[[nodiscard]] Layout complete(const LayoutChoice& choice, const Layout& defaults);
// What `first` leaves open is taken from `second`: `--layout` over the job's own layout.
[[nodiscard]] LayoutChoice override_with(const LayoutChoice& first, const LayoutChoice& second);

// Every key in the order of the contract. parse_layout reads it back as the same layout.
[[nodiscard]] std::string to_string(const Layout& layout);

}  // namespace seqspan::sim
