// Holds the values of a document against the facts about their fields.
//
// Nothing is converted silently: 2.7 and 2.0 are not integers, text is not a number, null is only
// what a field says it is. Errors are kInput, located by line, column and JSON path.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/errors/error.hpp"
#include "sim/spec/json/field_facts.hpp"
#include "sim/spec/json/value.hpp"

namespace seqspan::sim::json {

// A checked value in base units. Which member holds it follows from the field's type.
struct Scalar {
  std::int64_t integer = 0;  // kInteger, kTokens, kBytes; kChoice: the index of the choice
  double real = 0;           // kReal, kBandwidth, kTime, kFlops
  bool boolean = false;
  std::string text;
  std::vector<std::int64_t> integers;
  std::vector<std::string> texts;
};

[[nodiscard]] Result<Scalar> check_field(const FieldFacts& facts, const Value& value,
                                         const std::string& path);

// `value` is an object, every key of it is known and no required one is missing.
[[nodiscard]] Result<void> check_is_object(const ObjectFacts& facts, const Value& value,
                                           const std::string& path);
[[nodiscard]] tl::unexpected<Error> unknown_key(const ObjectFacts& facts, const Member& member,
                                                const std::string& path);
[[nodiscard]] Result<void> check_nothing_missing(const ObjectFacts& facts, const Value& value,
                                                 const std::string& path);

// An error about one key of an object: at the key's value, or at the object if it has no such key.
[[nodiscard]] tl::unexpected<Error> error_at(const Value& object, const std::string& path,
                                             const std::string& key, std::string what,
                                             std::string why, std::string fix);

}  // namespace seqspan::sim::json
