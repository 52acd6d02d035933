// What a field of an input file may hold: one description that decoding, `seqspan schema` and
// `seqspan explain` all read.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace seqspan::sim::json {

enum class FieldType : std::uint8_t {
  kInteger,
  kReal,
  kBoolean,
  kText,
  kChoice,     // one of `choices`
  kTokens,     // an integer, or text such as "128K"
  kBytes,      // text with a unit: "80GiB"
  kBandwidth,  // "450GB/s", "400Gbps"
  kTime,       // "2us"
  kFlops,      // "989TFLOPS"
  kIntegers,   // an array of integers
  kTexts,      // an array of texts
  kObject,     // `object` says of which fields
  kAny,        // read by hand, or not at all
};

struct ObjectFacts;

struct FieldFacts {
  std::string name;
  FieldType type = FieldType::kAny;
  std::string description;
  bool required = true;
  bool nullable = false;     // null means the same as leaving the key out
  bool sourced = false;      // written {"value": ..., "source": "where it comes from"}
  bool by_name = false;      // of kObject: may also be a name or a file that is read in its place
  std::string default_text;  // of a field that is not required: what its absence means
  double minimum = 0;        // of numbers, in base units
  double maximum = 0;
  bool above_minimum = false;  // the minimum itself is refused
  std::vector<std::string> choices;
  const ObjectFacts& (*object)() = nullptr;

  [[nodiscard]] FieldFacts with_default(std::string meaning) &&;
  [[nodiscard]] FieldFacts or_null() &&;
  [[nodiscard]] FieldFacts with_source() &&;
  [[nodiscard]] FieldFacts or_name() &&;
};

// A key that people try and that is not ours: worth an answer of its own.
struct RefusedKey {
  std::string name;
  std::string why;
  std::string fix;
};

struct ObjectFacts {
  std::string name;  // "a layout"
  std::string description;
  std::vector<FieldFacts> fields;
  std::vector<RefusedKey> refused;
  bool open = false;  // keys that are not listed are ignored: the file's format is not ours
};

[[nodiscard]] FieldFacts integer(std::string name, std::int64_t minimum, std::int64_t maximum,
                                 std::string description);
// An array of them.
[[nodiscard]] FieldFacts integers(std::string name, std::int64_t minimum, std::int64_t maximum,
                                  std::string description);
[[nodiscard]] FieldFacts real(std::string name, double minimum, double maximum,
                              std::string description);
// More than 0, at most 1.
[[nodiscard]] FieldFacts fraction(std::string name, std::string description);
[[nodiscard]] FieldFacts boolean(std::string name, std::string description);
[[nodiscard]] FieldFacts text(std::string name, std::string description);
[[nodiscard]] FieldFacts choice(std::string name, std::vector<std::string> choices,
                                std::string description);
// A quantity with a unit, more than 0 unless `minimum` says so.
[[nodiscard]] FieldFacts quantity(std::string name, FieldType type, double maximum,
                                  std::string description);
[[nodiscard]] FieldFacts quantity_or_zero(std::string name, FieldType type, double maximum,
                                          std::string description);
[[nodiscard]] FieldFacts object(std::string name, const ObjectFacts& (*facts)(),
                                std::string description);
[[nodiscard]] FieldFacts any(std::string name, std::string description);

// The names of an enumeration whose values count from 0 to `last`.
template <class Enum>
std::vector<std::string> choices_up_to(Enum last) {
  std::vector<std::string> names;
  for (int i = 0; i <= static_cast<int>(last); ++i) {
    names.emplace_back(name_of(static_cast<Enum>(i)));
  }
  return names;
}

// "a whole number from 1 to 64", "a size in bytes such as 80GiB": what a field accepts.
[[nodiscard]] std::string accepted_values(const FieldFacts& facts);

}  // namespace seqspan::sim::json
