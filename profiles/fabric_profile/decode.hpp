// The JSON form of a fabric profile (docs/formats/fabric-profile.md), strictly: unknown keys,
// curves that fall and groups that stand there twice are errors at their place.
#pragma once

#include <filesystem>
#include <string>

#include "profiles/fabric_profile/fabric_profile.hpp"
#include "sim/errors/error.hpp"
#include "sim/spec/json/field_facts.hpp"
#include "sim/spec/json/value.hpp"

namespace seqspan::profiles {

[[nodiscard]] sim::Result<FabricProfile> decode_fabric_profile(const sim::json::Value& value,
                                                               const std::string& path);
// Errors also: kEnvironment when the file cannot be read.
[[nodiscard]] sim::Result<FabricProfile> read_fabric_profile(const std::filesystem::path& path,
                                                             const std::string& shown);

[[nodiscard]] const sim::json::ObjectFacts& fabric_profile_facts();

}  // namespace seqspan::profiles
