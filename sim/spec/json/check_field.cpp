#include "sim/spec/json/check_field.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/errors/did_you_mean.hpp"
#include "sim/errors/quote.hpp"
#include "sim/units/parse_units.hpp"

namespace seqspan::sim::json {
namespace {

tl::unexpected<Error> wrong_type(const FieldFacts& facts, const Value& value,
                                 const std::string& path) {
  const bool rounded = value.kind == Kind::kReal && facts.type == FieldType::kInteger;
  return input_error(fmt::format("'{}' cannot be {}", facts.name, show(value)),
                     where(value.place, path),
                     rounded ? "it must be a whole number, written without point and exponent" : "",
                     "give " + accepted_values(facts));
}

tl::unexpected<Error> out_of_range(const FieldFacts& facts, const Value& value,
                                   const std::string& path) {
  return input_error(fmt::format("'{}' cannot be {}", facts.name, show(value)),
                     where(value.place, path), "it is out of range",
                     "give " + accepted_values(facts));
}

// Puts the place and the name of the field into the error of a unit parser.
template <class Quantity>
Result<Quantity> located(Result<Quantity> result, const FieldFacts& facts, const Value& value,
                         const std::string& path) {
  if (!result) {
    result.error().what = fmt::format("'{}': {}", facts.name, result.error().what);
    result.error().where = where(value.place, path);
  }
  return result;
}

bool in_range(const FieldFacts& facts, double value) {
  if (facts.above_minimum ? value <= facts.minimum : value < facts.minimum) return false;
  return value <= facts.maximum;
}

// The text of a quantity; a bare 0 needs no unit, any other bare number gets the parser's answer.
Result<std::string> quantity_text(const FieldFacts& facts, const Value& value,
                                  const std::string& path) {
  const bool number = value.kind == Kind::kInteger || value.kind == Kind::kReal;
  if (value.kind != Kind::kText && !number) return wrong_type(facts, value, path);
  return value.text;
}

template <class Quantity, class Target>
Result<Scalar> check_quantity(const FieldFacts& facts, const Value& value, const std::string& path,
                              Result<Quantity> (*parse)(std::string_view), Target Scalar::*target) {
  const Result<std::string> text = quantity_text(facts, value, path);
  if (!text) return tl::unexpected(text.error());
  const Result<Quantity> quantity = located(parse(*text), facts, value, path);
  if (!quantity) return tl::unexpected(quantity.error());
  if (!in_range(facts, static_cast<double>(quantity->value()))) {
    return out_of_range(facts, value, path);
  }
  Scalar scalar;
  scalar.*target = quantity->value();
  return scalar;
}

Result<Scalar> check_integer(const FieldFacts& facts, const Value& value, const std::string& path) {
  if (value.kind != Kind::kInteger) return wrong_type(facts, value, path);
  if (!in_range(facts, static_cast<double>(value.integer))) return out_of_range(facts, value, path);
  Scalar scalar;
  scalar.integer = value.integer;
  return scalar;
}

Result<Scalar> check_real(const FieldFacts& facts, const Value& value, const std::string& path) {
  if (value.kind != Kind::kInteger && value.kind != Kind::kReal) {
    return wrong_type(facts, value, path);
  }
  Scalar scalar;
  scalar.real = value.kind == Kind::kReal ? value.real : static_cast<double>(value.integer);
  if (!in_range(facts, scalar.real)) return out_of_range(facts, value, path);
  return scalar;
}

Result<Scalar> check_text(const FieldFacts& facts, const Value& value, const std::string& path) {
  const bool bare =
      value.place.on_command_line() && (value.kind == Kind::kInteger || value.kind == Kind::kReal);
  if (value.kind != Kind::kText && !bare) return wrong_type(facts, value, path);
  if (value.text.empty()) {
    return input_error(fmt::format("'{}' is empty", facts.name), where(value.place, path));
  }
  Scalar scalar;
  scalar.text = value.text;
  return scalar;
}

Result<Scalar> check_choice(const FieldFacts& facts, const Value& value, const std::string& path) {
  if (value.kind != Kind::kText) return wrong_type(facts, value, path);
  const auto found = std::find(facts.choices.begin(), facts.choices.end(), value.text);
  if (found == facts.choices.end()) {
    return input_error(fmt::format("unknown {} {}", facts.name, quote(value.text)),
                       where(value.place, path), "it must be " + accepted_values(facts),
                       did_you_mean(value.text, facts.choices, "values"));
  }
  Scalar scalar;
  scalar.integer = found - facts.choices.begin();
  return scalar;
}

Result<Scalar> check_array(const FieldFacts& facts, const Value& value, const std::string& path) {
  if (value.kind != Kind::kArray) return wrong_type(facts, value, path);
  Scalar scalar;
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const Value& item = value.items[i];
    const bool integers = facts.type == FieldType::kIntegers;
    if (item.kind != (integers ? Kind::kInteger : Kind::kText)) {
      return wrong_type(facts, item, fmt::format("{}[{}]", path, i));
    }
    if (integers) {
      if (!in_range(facts, static_cast<double>(item.integer))) {
        return out_of_range(facts, item, fmt::format("{}[{}]", path, i));
      }
      scalar.integers.push_back(item.integer);
    } else {
      scalar.texts.push_back(item.text);
    }
  }
  return scalar;
}

const ObjectFacts& sourced_facts() {
  static const ObjectFacts kFacts = {
      "a number with its source",
      "every number of a profile says where it comes from",
      {any("value", "the number"),
       text("source", "a document, a measurement, or \"assumption: \" and the reasoning")},
      {},
      false};
  return kFacts;
}

// The value inside {"value": ..., "source": "..."}.
Result<const Value*> sourced_value(const FieldFacts& facts, const Value& value,
                                   const std::string& path) {
  const ObjectFacts& expected = sourced_facts();
  if (value.kind != Kind::kObject) {
    return input_error(fmt::format("'{}' has no source", facts.name), where(value.place, path),
                       "every number of a profile says where it comes from",
                       R"(write {"value": ..., "source": "..."})");
  }
  for (const Member& member : value.members) {
    if (member.key == "value") continue;
    if (member.key != "source") return unknown_key(expected, member, path);
    const Result<Scalar> source =
        check_field(expected.fields[1], member.value, join(path, "source"));
    if (!source) return tl::unexpected(source.error());
  }
  const Result<void> complete = check_nothing_missing(expected, value, path);
  if (!complete) return tl::unexpected(complete.error());
  return value.find("value");
}

}  // namespace

Result<Scalar> check_field(const FieldFacts& facts, const Value& value, const std::string& path) {
  if (facts.sourced) {
    const Result<const Value*> inner = sourced_value(facts, value, path);
    if (!inner) return tl::unexpected(inner.error());
    FieldFacts bare = facts;
    bare.sourced = false;
    return check_field(bare, **inner, path);
  }
  switch (facts.type) {
    case FieldType::kInteger:
      return check_integer(facts, value, path);
    case FieldType::kReal:
      return check_real(facts, value, path);
    case FieldType::kBoolean: {
      if (value.kind != Kind::kBoolean) return wrong_type(facts, value, path);
      Scalar scalar;
      scalar.boolean = value.boolean;
      return scalar;
    }
    case FieldType::kText:
      return check_text(facts, value, path);
    case FieldType::kChoice:
      return check_choice(facts, value, path);
    case FieldType::kTokens:
      return check_quantity(facts, value, path, parse_tokens, &Scalar::integer);
    case FieldType::kBytes:
      return check_quantity(facts, value, path, parse_bytes, &Scalar::integer);
    case FieldType::kBandwidth:
      return check_quantity(facts, value, path, parse_bandwidth, &Scalar::real);
    case FieldType::kTime:
      return check_quantity(facts, value, path, parse_time, &Scalar::real);
    case FieldType::kFlops:
      return check_quantity(facts, value, path, parse_flops, &Scalar::real);
    case FieldType::kIntegers:
    case FieldType::kTexts:
      return check_array(facts, value, path);
    case FieldType::kObject:
      if (value.kind != Kind::kObject) return wrong_type(facts, value, path);
      return Scalar{};
    case FieldType::kAny:
      return Scalar{};
  }
  return Scalar{};
}

Result<void> check_is_object(const ObjectFacts& facts, const Value& value,
                             const std::string& path) {
  if (value.kind == Kind::kObject) return {};
  return input_error(fmt::format("{} cannot be {}", facts.name, show(value)),
                     where(value.place, path), {}, "give an object: {\"key\": value, ...}");
}

tl::unexpected<Error> unknown_key(const ObjectFacts& facts, const Member& member,
                                  const std::string& path) {
  const std::string place = where(member.place, join(path, printable(member.key)));
  for (const RefusedKey& refused : facts.refused) {
    if (refused.name == member.key) {
      return input_error(fmt::format("{} has no key '{}'", facts.name, member.key), place,
                         refused.why, refused.fix);
    }
  }
  std::vector<std::string> known;
  for (const FieldFacts& field : facts.fields) known.push_back(field.name);
  return input_error("unknown key " + quote(member.key), place,
                     fmt::format("{} has no such key", facts.name),
                     did_you_mean(member.key, known, "keys"));
}

Result<void> check_nothing_missing(const ObjectFacts& facts, const Value& value,
                                   const std::string& path) {
  for (const FieldFacts& field : facts.fields) {
    if (!field.required) continue;
    const Value* found = value.find(field.name);
    if (found != nullptr && !(field.nullable && found->kind == Kind::kNull)) continue;
    return input_error(fmt::format("'{}' is missing", field.name),
                       where(value.place, join(path, field.name)), field.description,
                       "give " + accepted_values(field));
  }
  return {};
}

tl::unexpected<Error> error_at(const Value& object, const std::string& path, const std::string& key,
                               std::string what, std::string why, std::string fix) {
  const Value* value = object.find(key);
  return input_error(std::move(what),
                     where(value != nullptr ? value->place : object.place, join(path, key)),
                     std::move(why), std::move(fix));
}

}  // namespace seqspan::sim::json
