// Where the numbers of a profile come from.
#pragma once

#include <map>
#include <string>

#include "sim/spec/json/field_table.hpp"

namespace seqspan::sim {

// The sources of all numbers inside `value`, by their path from `path`.
void collect_sources(const json::Value& value, const std::string& path,
                     std::map<std::string, std::string>& sources);

}  // namespace seqspan::sim
