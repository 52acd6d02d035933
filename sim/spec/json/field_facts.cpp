#include "sim/spec/json/field_facts.hpp"

#include <fmt/format.h>

#include <utility>

#include "sim/units/format_units.hpp"

namespace seqspan::sim::json {
namespace {

FieldFacts make(std::string name, FieldType type, std::string description) {
  FieldFacts facts;
  facts.name = std::move(name);
  facts.type = type;
  facts.description = std::move(description);
  return facts;
}

std::string join_choices(const std::vector<std::string>& choices) {
  std::string list;
  for (const std::string& name : choices) list += (list.empty() ? "" : ", ") + name;
  return list;
}

std::string real_range(const FieldFacts& facts) {
  return fmt::format("a number {} {} and at most {}", facts.above_minimum ? "above" : "from",
                     facts.minimum, facts.maximum);
}

std::string quantity_range(const FieldFacts& facts, std::string_view text, std::string maximum) {
  return fmt::format("{}{} at most {}", text, facts.above_minimum ? ", above 0 and" : ",", maximum);
}

}  // namespace

FieldFacts FieldFacts::with_default(std::string meaning) && {
  required = false;
  default_text = std::move(meaning);
  return std::move(*this);
}

FieldFacts FieldFacts::or_null() && {
  nullable = true;
  return std::move(*this);
}

FieldFacts FieldFacts::with_source() && {
  sourced = true;
  return std::move(*this);
}

FieldFacts FieldFacts::or_name() && {
  by_name = true;
  return std::move(*this);
}

FieldFacts integer(std::string name, std::int64_t minimum, std::int64_t maximum,
                   std::string description) {
  FieldFacts facts = make(std::move(name), FieldType::kInteger, std::move(description));
  facts.minimum = static_cast<double>(minimum);
  facts.maximum = static_cast<double>(maximum);
  return facts;
}

FieldFacts integers(std::string name, std::int64_t minimum, std::int64_t maximum,
                    std::string description) {
  FieldFacts facts = integer(std::move(name), minimum, maximum, std::move(description));
  facts.type = FieldType::kIntegers;
  return facts;
}

FieldFacts real(std::string name, double minimum, double maximum, std::string description) {
  FieldFacts facts = make(std::move(name), FieldType::kReal, std::move(description));
  facts.minimum = minimum;
  facts.maximum = maximum;
  return facts;
}

FieldFacts fraction(std::string name, std::string description) {
  FieldFacts facts = real(std::move(name), 0, 1, std::move(description));
  facts.above_minimum = true;
  return facts;
}

FieldFacts boolean(std::string name, std::string description) {
  return make(std::move(name), FieldType::kBoolean, std::move(description));
}

FieldFacts text(std::string name, std::string description) {
  return make(std::move(name), FieldType::kText, std::move(description));
}

FieldFacts choice(std::string name, std::vector<std::string> choices, std::string description) {
  FieldFacts facts = make(std::move(name), FieldType::kChoice, std::move(description));
  facts.choices = std::move(choices);
  return facts;
}

FieldFacts quantity(std::string name, FieldType type, double maximum, std::string description) {
  FieldFacts facts = make(std::move(name), type, std::move(description));
  facts.maximum = maximum;
  facts.above_minimum = true;
  return facts;
}

FieldFacts quantity_or_zero(std::string name, FieldType type, double maximum,
                            std::string description) {
  FieldFacts facts = quantity(std::move(name), type, maximum, std::move(description));
  facts.above_minimum = false;
  return facts;
}

FieldFacts object(std::string name, const ObjectFacts& (*facts_of)(), std::string description) {
  FieldFacts facts = make(std::move(name), FieldType::kObject, std::move(description));
  facts.object = facts_of;
  return facts;
}

FieldFacts any(std::string name, std::string description) {
  return make(std::move(name), FieldType::kAny, std::move(description));
}

std::string accepted_values(const FieldFacts& facts) {
  const auto whole = [](double value) { return format_count(static_cast<std::int64_t>(value)); };
  switch (facts.type) {
    case FieldType::kInteger:
      return fmt::format("a whole number from {} to {}", whole(facts.minimum),
                         whole(facts.maximum));
    case FieldType::kReal:
      return real_range(facts);
    case FieldType::kBoolean:
      return "true or false";
    case FieldType::kText:
      return "text";
    case FieldType::kChoice:
      return "one of " + join_choices(facts.choices);
    case FieldType::kTokens:
      return fmt::format("a number of tokens from 1 to {}, such as 131072 or \"128K\"",
                         whole(facts.maximum));
    case FieldType::kBytes:
      return quantity_range(facts, "a size such as \"80GiB\"",
                            format_bytes(Bytes(static_cast<std::int64_t>(facts.maximum))));
    case FieldType::kBandwidth:
      return quantity_range(facts, "a bandwidth such as \"450GB/s\" or \"400Gbps\"",
                            format_bandwidth(BytesPerSecond(facts.maximum)));
    case FieldType::kTime:
      return quantity_range(facts, "a time such as \"2us\"", format_time(Seconds(facts.maximum)));
    case FieldType::kFlops:
      return quantity_range(facts, "a rate such as \"989TFLOPS\"",
                            format_flops(FlopsPerSecond(facts.maximum)));
    case FieldType::kIntegers:
      return facts.maximum > facts.minimum ? fmt::format("an array of whole numbers from {} to {}",
                                                         whole(facts.minimum), whole(facts.maximum))
                                           : "an array of whole numbers";
    case FieldType::kTexts:
      return "an array of texts";
    case FieldType::kObject:
      return facts.by_name ? "a name, a file, or an object" : "an object";
    case FieldType::kAny:
      return "any value";
  }
  return "";
}

}  // namespace seqspan::sim::json
